package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.GetBiasRequest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code earshot bias}: what a recogniser should expect to hear. */
@Command(
    name = "bias",
    description = {
      "Asks a server what the user is likely to say next, after an interaction or at all.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  earshot bias turn-1 --user ada",
      "  earshot bias --user ada --phrase \"Meg Bauer\" --json"
    },
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      ApiCommand.EXIT_OK,
      ApiCommand.EXIT_FAILED,
      ApiCommand.EXIT_USAGE,
      ApiCommand.EXIT_UNREACHABLE
    })
final class BiasCommand extends ApiCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "INTERACTION",
      defaultValue = "",
      showDefaultValue = Visibility.NEVER,
      description = "Whose reply re-opened the microphone.")
  private String interaction;

  @Mixin private TurnFlags turn;

  @Option(
      names = "--show",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many phrases to print.")
  private int show;

  @Option(
      names = "--deadline",
      paramLabel = "DURATION",
      defaultValue = "1s",
      converter = DurationConverter.class,
      description =
          "The budget, network and this program included: 15ms, 1s… Too short a one shows what the"
              + " server leaves out.")
  private Duration deadline;

  @Override
  int run(EarshotClient client) {
    GetBiasRequest request =
        GetBiasRequest.newBuilder()
            .setInteractionId(interaction)
            .setUserId(turn.user())
            .setDialogueId(turn.dialogue())
            .addAllPhrases(turn.phrases())
            .setMaxPhrases(turn.maxPhrases())
            .setLocale(turn.locale())
            .build();
    // Connects, so that the deadline is spent on the answer.
    var unused = client.health();
    long begun = System.nanoTime();
    Bias bias =
        BiaserGrpc.newBlockingStub(client.channel())
            .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
            .getBias(request);
    Duration seen = Duration.ofNanos(System.nanoTime() - begun);
    if (server().json()) {
      printJson(bias);
    } else {
      new BiasPrinter(out(), TextBar.forTerminal(), "").print(bias, show, seen);
    }
    return ExitCode.OK;
  }
}
