package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.ServingStatus;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlisterGrpc;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code earshot shortlist}: which skills could handle an utterance. */
@Command(
    name = "shortlist",
    description = {
      "Asks a server which skills could handle an utterance, for a user or for anyone.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  earshot shortlist \"will it rain tomorrow\"",
      "  earshot shortlist \"will it rain tomorrow\" --user ada --deadline 15ms",
      "  earshot shortlist --hypothesis \"play power=-1.2\" --hypothesis \"play bauer=-1.9\""
    },
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      ApiCommand.EXIT_OK,
      ApiCommand.EXIT_FAILED,
      ApiCommand.EXIT_USAGE,
      ApiCommand.EXIT_UNREACHABLE
    })
final class ShortlistCommand extends ApiCommand {
  @Parameters(arity = "0..1", paramLabel = "UTTERANCE", description = "What the user said.")
  private @Nullable String utterance;

  @Option(
      names = "--hypothesis",
      paramLabel = "TEXT[=SCORE]",
      showDefaultValue = Visibility.NEVER,
      description =
          "What the user may have said, in place of UTTERANCE; once for each hypothesis, best first"
              + " where they have no scores. A score is a natural logarithm.")
  private List<String> hypotheses = List.of();

  @Option(
      names = "--score-scale",
      paramLabel = "X",
      defaultValue = "0",
      showDefaultValue = Visibility.NEVER,
      description = "Makes natural logarithms of the scores. Default: 1.")
  private double scoreScale;

  @Option(
      names = "--user",
      paramLabel = "ID",
      defaultValue = "",
      description = "Whose enabled skills count. Default: nobody's.",
      showDefaultValue = Visibility.NEVER)
  private String user;

  @Option(
      names = "--interaction",
      paramLabel = "ID",
      defaultValue = "",
      description = "The interaction that this follows up.",
      showDefaultValue = Visibility.NEVER)
  private String interaction;

  @Option(
      names = "--dialogue",
      paramLabel = "ID",
      defaultValue = "",
      description = "The dialogue that this belongs to.",
      showDefaultValue = Visibility.NEVER)
  private String dialogue;

  @Option(
      names = "--max-skills",
      paramLabel = "N",
      defaultValue = "5",
      description = "How many skills to show, up to 100.")
  private int maxSkills;

  @Option(
      names = "--min-catalog-version",
      paramLabel = "N",
      defaultValue = "0",
      showDefaultValue = Visibility.NEVER,
      description = "The lowest catalogue version that may answer. Default: any.")
  private long minCatalogVersion;

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
    ShortlistRequest request = request();
    // Connects, so that the deadline is spent on the answer. It fails at once if nobody listens.
    ServingStatus health = client.health();
    if (health != ServingStatus.SERVING) {
      spec()
          .commandLine()
          .getErr()
          .println("earshot: " + server().address() + ": is not serving (" + health + ")");
      return ExitCode.FAILED;
    }
    ShortlisterGrpc.ShortlisterBlockingStub stub =
        ShortlisterGrpc.newBlockingStub(client.channel())
            .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
    long begun = System.nanoTime();
    ShortlistResponse response = stub.shortlist(request);
    Duration seen = Duration.ofNanos(System.nanoTime() - begun);
    if (server().json()) {
      printJson(response);
    } else {
      new ShortlistPrinter(out(), TextBar.forTerminal()).print(response, seen);
    }
    return ExitCode.OK;
  }

  private ShortlistRequest request() {
    if ((utterance == null) == hypotheses.isEmpty()) {
      throw new ParameterException(
          spec().commandLine(), "expected: either UTTERANCE or one --hypothesis or more");
    }
    ShortlistRequest.Builder request =
        ShortlistRequest.newBuilder()
            .setScoreScale(scoreScale)
            .setUserId(user)
            .setInteractionId(interaction)
            .setDialogueId(dialogue)
            .setMaxSkills(maxSkills)
            .setMinCatalogVersion(minCatalogVersion);
    if (utterance != null) {
      request.setUtterance(utterance);
    }
    hypotheses.forEach(
        text -> request.addHypotheses(HeardText.parse(spec().commandLine(), "--hypothesis", text)));
    return request.build();
  }
}
