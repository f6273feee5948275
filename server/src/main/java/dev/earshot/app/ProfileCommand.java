package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.v1.DeleteUserRequest;
import dev.earshot.v1.DeleteUserResponse;
import dev.earshot.v1.DisableSkillsRequest;
import dev.earshot.v1.EnableSkillsRequest;
import dev.earshot.v1.GetProfileRequest;
import dev.earshot.v1.ListProfilesRequest;
import dev.earshot.v1.ListProfilesResponse;
import dev.earshot.v1.Profile;
import dev.earshot.v1.ProfilesGrpc;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot profile}: what a server keeps about its users. */
@Command(
    name = "profile",
    description = {"Shows and changes what a server keeps about its users.", ""},
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ProfilePutCommand.class,
      ProfileCommand.Get.class,
      ProfileCommand.Enable.class,
      ProfileCommand.Disable.class,
      ProfileCommand.ListAll.class,
      ProfileImportCommand.class,
      ProfileExportCommand.class,
      ProfileCommand.Delete.class
    },
    footer = {
      "",
      "Examples:",
      "  earshot profile put ada --skill clinc.weather@acme --entry contacts=\"Meg Bauer\"",
      "  earshot profile enable ada clinc.timer",
      "  earshot profile get ada --json > ada.json && earshot profile put --file ada.json",
      "  earshot profile export users.jsonl && earshot profile import users.jsonl"
    })
final class ProfileCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** A command about one user. */
  abstract static class OfOneUser extends ApiCommand {
    @Parameters(index = "0", paramLabel = "USER", description = "The user's id.")
    private String user;

    final String user() {
      return user;
    }

    final int print(Profile profile) {
      if (server().json()) {
        printJson(profile);
      } else {
        ProfilePrinter.print(out(), profile);
      }
      return ExitCode.OK;
    }

    static ProfilesGrpc.ProfilesBlockingStub profiles(EarshotClient client) {
      return unhurried(ProfilesGrpc.newBlockingStub(client.channel()));
    }
  }

  /** {@code earshot profile get}. */
  @Command(
      name = "get",
      description = {"Shows the profile of one user.", ""},
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        "1:there is no such profile, or the server failed",
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Get extends OfOneUser {
    @Override
    int run(EarshotClient client) {
      return print(
          profiles(client).getProfile(GetProfileRequest.newBuilder().setUserId(user()).build()));
    }
  }

  /** {@code earshot profile enable}. */
  @Command(
      name = "enable",
      description = {"Turns skills on for a user, and shows the profile.", ""},
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        "1:there is no such profile, or the server failed",
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Enable extends OfOneUser {
    @Parameters(index = "1", arity = "1..*", paramLabel = "SKILL", description = "Skill ids.")
    private List<String> skills;

    @Option(names = "--create", description = "Make the profile if there is none.")
    private boolean create;

    @Override
    int run(EarshotClient client) {
      return print(
          profiles(client)
              .enableSkills(
                  EnableSkillsRequest.newBuilder()
                      .setUserId(user())
                      .addAllSkillIds(skills)
                      .setAllowMissing(create)
                      .build()));
    }

    @Override
    int failed(EarshotException e) {
      int code = super.failed(e);
      if (e instanceof EarshotException.NotFound) {
        spec().commandLine().getErr().println("With --create it is made.");
      }
      return code;
    }
  }

  /** {@code earshot profile disable}. */
  @Command(
      name = "disable",
      description = {"Turns skills off for a user, and shows the profile.", ""},
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        "1:there is no such profile, or the server failed",
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Disable extends OfOneUser {
    @Parameters(index = "1", arity = "1..*", paramLabel = "SKILL", description = "Skill ids.")
    private List<String> skills;

    @Override
    int run(EarshotClient client) {
      return print(
          profiles(client)
              .disableSkills(
                  DisableSkillsRequest.newBuilder()
                      .setUserId(user())
                      .addAllSkillIds(skills)
                      .build()));
    }
  }

  /** {@code earshot profile list}. */
  @Command(
      name = "list",
      description = {"Lists the profiles, one a line; with --json each as a JSON line.", ""},
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        ApiCommand.EXIT_FAILED,
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class ListAll extends ApiCommand {
    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "100",
        description = "At most so many; 0: all. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Override
    int run(EarshotClient client) {
      int shown = 0;
      String token = "";
      do {
        ListProfilesResponse page =
            OfOneUser.profiles(client)
                .listProfiles(
                    ListProfilesRequest.newBuilder()
                        .setPageSize(1_000)
                        .setPageToken(token)
                        .build());
        for (Profile profile : page.getProfilesList()) {
          if (limit > 0 && shown == limit) {
            spec().commandLine().getErr().println("There are more: --limit 0 lists all.");
            return ExitCode.OK;
          }
          shown++;
          out().println(server().json() ? jsonLine(profile) : ProfilePrinter.line(profile));
        }
        token = page.getNextPageToken();
      } while (!token.isEmpty());
      if (shown == 0) {
        spec().commandLine().getErr().println("There are no profiles.");
      }
      return ExitCode.OK;
    }
  }

  /** {@code earshot profile delete}. */
  @Command(
      name = "delete",
      description = {"Removes a user and all that is kept about them.", ""},
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        "0:done, also where there was no such user",
        ApiCommand.EXIT_FAILED,
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Delete extends OfOneUser {
    @Override
    int run(EarshotClient client) {
      DeleteUserResponse deleted =
          profiles(client).deleteUser(DeleteUserRequest.newBuilder().setUserId(user()).build());
      if (server().json()) {
        printJson(deleted);
      } else if (deleted.getProfileDeleted() || deleted.getInteractionsDeleted() > 0) {
        out()
            .printf(
                "Removed %s: %s, %d interactions%n",
                user(),
                deleted.getProfileDeleted() ? "the profile" : "no profile",
                deleted.getInteractionsDeleted());
      } else {
        out().println("There was nothing about " + user() + ".");
      }
      return ExitCode.OK;
    }
  }
}
