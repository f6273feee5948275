package dev.earshot.app;

import dev.earshot.app.eval.EvalReport;
import dev.earshot.app.eval.Mode;
import dev.earshot.app.eval.ShortlistData;
import dev.earshot.app.eval.ShortlistEvaluation;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot eval shortlist}: accuracy and calibration of shortlists. */
@Command(
    name = "shortlist",
    description = {
      "Says how often the right skill is first, among three and among five, and how calibrated the"
          + " probabilities are.",
      "",
      "The data is a folder with dev.jsonl.gz (user, text, skill), users.dev.jsonl.gz (user,"
          + " enabled), skills.jsonl.gz (skill, source, capability) and out_of_scope.jsonl.gz (text,"
          + " split); or one file of JSON lines with text and skill, and user where the server has"
          + " that user's profile.",
      "",
      "The folder's users are put into the server under ids that begin with earshot-eval: and are"
          + " removed afterwards.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      "0:measured, whatever the figures are",
      "1:the server failed, or answered nothing at all",
      ApiCommand.EXIT_USAGE,
      "65:the data or the bundle is missing or damaged",
      ApiCommand.EXIT_UNREACHABLE
    })
final class EvalShortlistCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "PATH",
      description = "The folder or file of utterances with their right skills.")
  private Path data;

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      showDefaultValue = Visibility.NEVER,
      description =
          "Without --server: the bundle of a server that is started for this. Default: the one that"
              + " Earshot ships.")
  private @Nullable Path bundle;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      split = ",",
      showDefaultValue = Visibility.NEVER,
      description = "PERSONAL, CONTEXT_FREE or both. Default: both where the data names users.")
  private List<Mode> modes = List.of();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "0",
      description = "The first N rows; 0: all.")
  private int limit;

  @Option(
      names = "--streams",
      paramLabel = "N",
      defaultValue = "2",
      description = "Streams to ask over.")
  private int streams;

  @Option(
      names = "--inflight",
      paramLabel = "N",
      defaultValue = "16",
      description = "Unanswered messages of each stream; at most the server's --stream-inflight.")
  private int inflight;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "1s",
      converter = DurationConverter.class,
      description = "Of each message. Generous: it is accuracy that is measured.")
  private Duration timeout;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the bootstrap intervals.")
  private long seed;

  @Mixin private ServerFlags server;

  @Override
  public Integer call() throws StartupException, InterruptedException {
    requireAtLeast("--limit", limit, 0);
    requireAtLeast("--streams", streams, 1);
    requireAtLeast("--inflight", inflight, 1);
    ShortlistData rows = ShortlistData.read(data, limit);
    if (server.named() != null) {
      return evaluate(rows, server.address());
    }
    ServerOptions options =
        ServerOptions.embedded(bundle == null ? ServeCommand.defaultBundle() : bundle);
    try (EarshotServer embedded = EarshotServer.start(options)) {
      return evaluate(rows, "127.0.0.1:" + embedded.port());
    }
  }

  private int evaluate(ShortlistData rows, String address) throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    List<Mode> asked = modes;
    if (asked.isEmpty()) {
      asked =
          rows.hasUsers() ? List.of(Mode.PERSONAL, Mode.CONTEXT_FREE) : List.of(Mode.CONTEXT_FREE);
    }
    try (EarshotClient client = server.open(address)) {
      client.awaitReady(ServerFlags.CALL_DEADLINE);
      EvalReport report =
          new ShortlistEvaluation(
                  client,
                  rows,
                  new ShortlistEvaluation.Options(
                      asked,
                      streams,
                      inflight,
                      timeout,
                      seed,
                      rows.enabledSkills().isEmpty() ? "" : "earshot-eval:"),
                  ProgressBar.onStandardError(err))
              .run();
      if (server.json()) {
        spec.commandLine().getOut().println(EvalCommand.json(report));
      } else {
        new EvalReportPrinter(spec.commandLine().getOut()).print(report);
      }
      spec.commandLine().getOut().flush();
      boolean nothing =
          report.modes().stream()
              .allMatch(mode ->
                  mode.failed().values().stream().mapToInt(Integer::intValue).sum()
                      >= report.rows());
      return nothing ? ExitCode.FAILED : ExitCode.OK;
    } catch (EarshotException e) {
      return ApiCommand.explain(e, address, err);
    }
  }

  private void requireAtLeast(String flag, int value, int min) {
    if (value < min) {
      throw new ParameterException(
          spec.commandLine(), flag + ": " + value + " (expected: >= " + min + ")");
    }
  }
}
