package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.DeleteInteractionResponse;
import dev.earshot.v1.GetInteractionRequest;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.InteractionsGrpc;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot interaction}: what a server keeps of conversations. */
@Command(
    name = "interaction",
    description = {"Shows and removes what a server keeps of a conversation.", ""},
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {InteractionCommand.Get.class, InteractionCommand.Delete.class},
    footer = {
      "",
      "Examples:",
      "  earshot interaction get turn-1 --user ada --items",
      "  earshot interaction delete turn-1 --user ada",
      "",
      "earshot record writes one."
    })
final class InteractionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** A command about one interaction. */
  abstract static class OfOneInteraction extends ApiCommand {
    @Parameters(index = "0", paramLabel = "INTERACTION", description = "The interaction's id.")
    private String interaction;

    @Option(
        names = "--user",
        paramLabel = "ID",
        defaultValue = "",
        description = "Whose it is, as it was recorded. Default: nobody's.")
    private String user;

    final String interaction() {
      return interaction;
    }

    final String user() {
      return user;
    }

    static InteractionsGrpc.InteractionsBlockingStub interactions(EarshotClient client) {
      return unhurried(InteractionsGrpc.newBlockingStub(client.channel()));
    }
  }

  /** {@code earshot interaction get}. */
  @Command(
      name = "get",
      description = {"Shows an interaction.", ""},
      mixinStandardHelpOptions = true,
      sortOptions = false,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        "1:it is unknown, has expired or is another user's, or the server failed",
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Get extends OfOneInteraction {
    @Option(names = "--items", description = "Also the texts, which are decrypted for it.")
    private boolean items;

    @Override
    int run(EarshotClient client) {
      Interaction found =
          interactions(client)
              .getInteraction(
                  GetInteractionRequest.newBuilder()
                      .setInteractionId(interaction())
                      .setUserId(user())
                      .setIncludeItems(items)
                      .build());
      if (server().json()) {
        printJson(found);
      } else {
        InteractionPrinter.print(out(), found);
      }
      return ExitCode.OK;
    }
  }

  /** {@code earshot interaction delete}. */
  @Command(
      name = "delete",
      description = {"Removes an interaction, its texts and what was derived from them.", ""},
      mixinStandardHelpOptions = true,
      sortOptions = false,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        "0:done, also where there was no such interaction",
        "1:it is another user's, or the server failed",
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Delete extends OfOneInteraction {
    @Override
    int run(EarshotClient client) {
      DeleteInteractionResponse deleted =
          interactions(client)
              .deleteInteraction(
                  DeleteInteractionRequest.newBuilder()
                      .setInteractionId(interaction())
                      .setUserId(user())
                      .build());
      if (server().json()) {
        printJson(deleted);
      } else {
        out().println(deleted.getDeleted() ? "Removed " + interaction() : "There was none.");
      }
      return ExitCode.OK;
    }
  }
}
