package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code earshot rescore}: what was probably said, given what was recognised. */
@Command(
    name = "rescore",
    description = {"Has a server weigh what a recogniser proposes against a turn and phrases.", ""},
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  earshot rescore \"power=-1.2\" \"bower=-1.9\" --interaction turn-1 --user ada --repair",
      "  earshot rescore \"call meg power\" --phrase \"Meg Bauer\" --repair"
    },
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      ApiCommand.EXIT_OK,
      ApiCommand.EXIT_FAILED,
      ApiCommand.EXIT_USAGE,
      ApiCommand.EXIT_UNREACHABLE
    })
final class RescoreCommand extends ApiCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "TEXT[=SCORE]",
      description =
          "What the recogniser proposes, best first where there are no scores. A score is a natural"
              + " logarithm.")
  private List<String> hypotheses;

  @Option(
      names = "--interaction",
      paramLabel = "ID",
      defaultValue = "",
      showDefaultValue = Visibility.NEVER,
      description = "Whose reply re-opened the microphone.")
  private String interaction;

  @Mixin private TurnFlags turn;

  @Option(names = "--repair", description = "Also replace spans that sound like a phrase.")
  private boolean repair;

  @Option(
      names = "--score-scale",
      paramLabel = "X",
      defaultValue = "0",
      showDefaultValue = Visibility.NEVER,
      description = "Makes natural logarithms of the scores. Default: 1.")
  private double scoreScale;

  @Option(
      names = "--deadline",
      paramLabel = "DURATION",
      defaultValue = "1s",
      converter = DurationConverter.class,
      description = "The budget, network and this program included: 15ms, 1s…")
  private Duration deadline;

  @Override
  int run(EarshotClient client) {
    RescoreRequest.Builder request =
        RescoreRequest.newBuilder()
            .setInteractionId(interaction)
            .setUserId(turn.user())
            .setDialogueId(turn.dialogue())
            .addAllPhrases(turn.phrases())
            .setMaxPhrases(turn.maxPhrases())
            .setLocale(turn.locale())
            .setScoreScale(scoreScale)
            .setMode(repair ? RescoreMode.RESCORE_MODE_REPAIR : RescoreMode.RESCORE_MODE_REORDER);
    for (String text : hypotheses) {
      request.addHypotheses(HeardText.parse(spec().commandLine(), "TEXT", text));
    }
    // Connects, so that the deadline is spent on the answer.
    var unused = client.health();
    long begun = System.nanoTime();
    RescoreResponse response =
        BiaserGrpc.newBlockingStub(client.channel())
            .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
            .rescore(request.build());
    Duration seen = Duration.ofNanos(System.nanoTime() - begun);
    if (server().json()) {
      printJson(response);
    } else {
      new BiasPrinter(out(), TextBar.forTerminal(), "").print(response, seen);
    }
    return ExitCode.OK;
  }
}
