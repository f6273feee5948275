package dev.earshot.app;

import com.google.protobuf.FieldMask;
import dev.earshot.client.EarshotClient;
import dev.earshot.v1.ListEntry;
import dev.earshot.v1.Preference;
import dev.earshot.v1.Profile;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.UpdateProfileRequest;
import dev.earshot.v1.UserList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code earshot profile put}: writes a whole profile. */
@Command(
    name = "put",
    description = {
      "Writes a whole profile, from flags or from JSON as 'profile get --json' prints it.",
      "",
      "What is not given is cleared; a missing profile is made. An etag in the JSON makes the write"
          + " fail if another came between.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      ApiCommand.EXIT_OK,
      "1:the profile has changed since its etag was read, or the server failed",
      ApiCommand.EXIT_USAGE,
      "65:the JSON cannot be read",
      ApiCommand.EXIT_UNREACHABLE
    })
final class ProfilePutCommand extends ApiCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "USER",
      description = "The user's id; with --file it stands in for the one in the file.")
  private @Nullable String user;

  @Option(names = "--skill", paramLabel = "ID", description = "An enabled skill. Repeatable.")
  private List<String> skills = List.of();

  @Option(
      names = "--entry",
      paramLabel = "TYPE=TEXT",
      description = "An entry of a list: contacts=\"Meg Bauer\". Repeatable.")
  private List<String> entries = List.of();

  @Option(
      names = "--preference",
      paramLabel = "SUBJECT=VALUE",
      description = "What the user likes: \"basketball team=Golden State Warriors\". Repeatable.")
  private List<String> preferences = List.of();

  @Option(
      names = "--file",
      paramLabel = "PATH",
      description = "A profile in JSON; -: standard input.")
  private @Nullable String file;

  @Option(names = "--force", description = "Ignore the etag in the file.")
  private boolean force;

  @Override
  int run(EarshotClient client) {
    Profile.Builder profile = file == null ? fromFlags() : fromFile(file);
    if (user != null) {
      profile.setUserId(user);
    }
    if (profile.getUserId().isEmpty()) {
      throw new ParameterException(spec().commandLine(), "USER is missing");
    }
    if (force) {
      profile.clearEtag();
    }
    Profile written =
        unhurried(ProfilesGrpc.newBlockingStub(client.channel()))
            .updateProfile(
                UpdateProfileRequest.newBuilder()
                    .setProfile(profile)
                    .setUpdateMask(FieldMask.newBuilder().addPaths("*"))
                    .setAllowMissing(true)
                    .build());
    if (server().json()) {
      printJson(written);
    } else {
      ProfilePrinter.print(out(), written);
    }
    return ExitCode.OK;
  }

  private Profile.Builder fromFlags() {
    Profile.Builder profile = Profile.newBuilder().addAllEnabledSkillIds(skills);
    Map<String, UserList.Builder> lists = new LinkedHashMap<>();
    for (String entry : entries) {
      int equals = equalsSign("--entry", entry, "TYPE=TEXT");
      String type = entry.substring(0, equals);
      lists
          .computeIfAbsent(type, t -> UserList.newBuilder().setType(t))
          .addEntries(ListEntry.newBuilder().setText(entry.substring(equals + 1)));
    }
    lists.values().forEach(profile::addLists);
    for (String preference : preferences) {
      int equals = equalsSign("--preference", preference, "SUBJECT=VALUE");
      profile.addPreferences(
          Preference.newBuilder()
              .setSubject(preference.substring(0, equals))
              .setValue(preference.substring(equals + 1)));
    }
    return profile;
  }

  private int equalsSign(String flag, String value, String form) {
    int equals = value.indexOf('=');
    if (equals < 1) {
      throw new ParameterException(
          spec().commandLine(), flag + ": '" + value + "' (expected: " + form + ")");
    }
    return equals;
  }

  private Profile.Builder fromFile(String path) {
    if (!skills.isEmpty() || !entries.isEmpty() || !preferences.isEmpty()) {
      throw new ParameterException(
          spec().commandLine(), "expected: either --file, or --skill, --entry and --preference");
    }
    Profile.Builder profile = Profile.newBuilder();
    JsonMessages.merge(path, "profile", profile);
    return profile;
  }
}
