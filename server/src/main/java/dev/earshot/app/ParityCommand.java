package dev.earshot.app;

import dev.earshot.app.eval.ParityCheck;
import dev.earshot.app.eval.ShortlistData;
import dev.earshot.model.BundleException;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot eval parity}: proves that answers depend on nothing but the request. */
@Command(
    name = "parity",
    description = {
      "Proves that the server's answers depend on nothing but the request: each text alone, in every"
          + " batch size and in every shape bucket gives the same, to the bit; and, with"
          + " --predictions, the trainer's own answers by the same int8 graphs are the same.",
      "",
      "The trainer writes its answers by: python -m earshot_training.predict --bundle DIR --data DIR"
          + " --out FILE",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all answers are the same", "1:some differ", "65:a file cannot be read"})
final class ParityCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "The folder that `eval shortlist` takes.")
  private Path data;

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description = "The model bundle. Default: the one that Earshot ships.")
  private @Nullable Path bundle;

  @Option(
      names = "--predictions",
      paramLabel = "FILE",
      description = "The trainer's answers to all rows (.jsonl.gz).")
  private @Nullable Path predictions;

  @Option(
      names = "--texts",
      paramLabel = "N",
      defaultValue = "2000",
      description = "How many texts to try in all shapes. Default: ${DEFAULT-VALUE}.")
  private int texts;

  @Override
  public Integer call() throws StartupException {
    PrintWriter out = spec.commandLine().getOut();
    try (OnnxShortlistModel model = load()) {
      ParityCheck check = new ParityCheck(model, ShortlistData.read(data, 0));
      boolean same = predictions == null || agrees(check, predictions, out);
      return isInvariant(check, out) && same ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private OnnxShortlistModel load() throws StartupException {
    try {
      return OnnxShortlistModel.load(
          bundle == null ? ServeCommand.defaultBundle() : bundle,
          OnnxRuntime.start(ExecutionProvider.CPU),
          1);
    } catch (BundleException | ExecutionProviderException e) {
      throw new StartupException(ExitCode.BAD_DATA, String.valueOf(e.getMessage()), e);
    }
  }

  private static boolean agrees(ParityCheck check, Path predictions, PrintWriter out) {
    ParityCheck.Agreement agreement = check.compareWith(predictions);
    out.printf(
        Locale.ROOT,
        "%,d of the trainer's answers: %,d with other token ids, %,d with other first five skills,"
            + " scores differ by at most %.1g%n",
        agreement.compared(),
        agreement.otherTokens(),
        agreement.otherOrder(),
        agreement.largestDifference());
    return agreement.isFull();
  }

  private boolean isInvariant(ParityCheck check, PrintWriter out) {
    Map<String, Long> differences = check.differencesByShape(texts);
    differences.forEach((shape, different) -> {
      if (different > 0) {
        out.printf(Locale.ROOT, "  in a %s: %,d differ%n", shape, different);
      }
    });
    long different = differences.values().stream().mapToLong(Long::longValue).sum();
    out.printf(
        Locale.ROOT,
        "%,d texts, alone and in %d shapes: %,d answers differ%n",
        texts,
        differences.size(),
        different);
    return different == 0;
  }
}
