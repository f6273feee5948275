package dev.earshot.app;

import dev.earshot.app.eval.BiasReplay;
import dev.earshot.app.eval.BiasReplay.Signal;
import dev.earshot.app.eval.BiasReport;
import dev.earshot.model.BundleException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot eval bias}: what biasing does to recorded turns. */
@Command(
    name = "bias",
    description = {
      "Replays recorded turns through rescoring, and says how many word errors are gone, how many"
          + " turns are worse, and what plain replacement does at equal harm.",
      "",
      "The data are folders: one of perf/asr (turns.SPLIT.jsonl and nbest.SPLIT.jsonl: the set"
          + " test, dev or train), and one of public data (is21.test-clean.100.jsonl.gz: the sets is21"
          + " and is21-unrelated; slurp.dev.jsonl.gz with slurp.entities.jsonl: slurp;"
          + " snips_tts.dev.jsonl.gz: snips). The shipped scorer has seen the public data: each of"
          + " their turns is scored by one that has not seen its speaker or sentence.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      "0:measured, whatever the figures are",
      ApiCommand.EXIT_USAGE,
      "65:the data or the bundle is missing or damaged"
    })
final class EvalBiasCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      split = ",",
      paramLabel = "DIR",
      description = "Folders of recorded turns.")
  private List<Path> data;

  @Option(
      names = "--set",
      paramLabel = "SET",
      split = ",",
      showDefaultValue = Visibility.NEVER,
      description =
          "Which sets. Default: test, is21, is21-unrelated, slurp, snips; those there are.")
  private List<String> sets = List.of();

  @Option(
      names = "--without",
      paramLabel = "SIGNAL",
      split = ",",
      showDefaultValue = Visibility.NEVER,
      description = "Leaves signals out: ${COMPLETION-CANDIDATES}.")
  private Set<Signal> without = Set.of();

  @Option(
      names = "--shuffled",
      description = "Gives each recorded turn the context of another scenario.")
  private boolean shuffled;

  @Option(
      names = "--decoder",
      paramLabel = "NAME",
      defaultValue = "free",
      description =
          "Of recorded turns: free; or in-beam, which compares lists that were biased while decoding,"
              + " rescoring, and both, all against the free decoder's best. The lists that were"
              + " biased may be in another of the folders.")
  private String decoder;

  @Option(
      names = "--bias-bundle",
      paramLabel = "DIR",
      showDefaultValue = Visibility.NEVER,
      description = "Default: the one that Earshot ships.")
  private @Nullable Path bundle;

  @Option(
      names = "--scorers",
      paramLabel = "DIR",
      showDefaultValue = Visibility.NEVER,
      description =
          "Where the scorers of cross-fitting are. Default: training/scorers beside the bundle.")
  private @Nullable Path scorers;

  @Option(
      names = "--features",
      paramLabel = "DIR",
      showDefaultValue = Visibility.NEVER,
      description = "Evaluates nothing, but writes there what the scorer is trained on.")
  private @Nullable Path features;

  @Option(
      names = "--phrases",
      paramLabel = "FILE",
      showDefaultValue = Visibility.NEVER,
      description =
          "Evaluates nothing, but writes there the phrases that the server makes of each recorded"
              + " turn, for bench asr nbest --phrases.")
  private @Nullable Path phrases;

  @Option(
      names = "--scale",
      paramLabel = "X",
      defaultValue = "1",
      description = "Multiplies the boosts of --phrases, which are natural-log units.")
  private double scale;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the bootstrap intervals.")
  private long seed;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Override
  public Integer call() throws StartupException {
    try {
      if (phrases != null) {
        writePhrases(phrases);
      } else {
        replay();
      }
      return ExitCode.OK;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void replay() throws StartupException {
    PrintWriter out = spec.commandLine().getOut();
    ProgressBar progress = ProgressBar.onStandardError(spec.commandLine().getErr());
    Path models = bundle == null ? ServeCommand.defaultBundle().resolveSibling("bias") : bundle;
    Path folds = scorers == null ? models.resolveSibling("training/scorers") : scorers;
    try (BiasReplay replay =
        BiasReplay.open(
            models, features == null ? Optional.of(folds) : Optional.empty(), without)) {
      if (features != null) {
        writeFeatures(replay, features, progress);
        return;
      }
      List<BiasReport> reports = replay.run(data, sets, decoder, shuffled, seed, progress);
      if (json) {
        out.println(EvalCommand.json(reports));
      } else if (decoder.equals("free")) {
        reports.forEach(report -> print(out, report));
      } else {
        reports.forEach(report -> printShort(out, report));
      }
      out.flush();
    } catch (BundleException | IOException e) {
      throw badData(models + ": " + e.getMessage(), e);
    }
  }

  private void writeFeatures(BiasReplay replay, Path folder, ProgressBar progress)
      throws StartupException {
    try {
      replay.writeFeatures(data, sets, folder, progress);
    } catch (IOException e) {
      throw badData(folder + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private void writePhrases(Path file) throws StartupException {
    if (!(scale > 0 && scale <= 100)) {
      throw new ParameterException(
          spec.commandLine(), "--scale: " + scale + " (expected: above 0, at most 100)");
    }
    try {
      BiasReplay.writePhrases(
          data, sets.isEmpty() ? List.of("test") : sets, without, shuffled, scale, file);
    } catch (IOException e) {
      throw badData(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static StartupException badData(String message, Exception cause) {
    return new StartupException(ExitCode.BAD_DATA, message, cause);
  }

  private static void printShort(PrintWriter out, BiasReport report) {
    out.printf(
        "| %s | turns | word errors, %% | removed, %% (95%%) | worse, %% (95%%) |%n", report.set());
    out.println("|---|---:|---:|---:|---:|");
    for (BiasReport.Group group : report.groups()) {
      out.printf(
          Locale.ROOT,
          "| %s | %,d | %.1f → %.1f | %.1f (%.1f to %.1f) | %.2f (%.2f to %.2f) |%n",
          group.name(),
          group.turns(),
          100.0 * group.errorsBefore() / Math.max(1, group.words()),
          100.0 * group.errorsAfter() / Math.max(1, group.words()),
          100 * group.removed(),
          100 * group.removed95().low(),
          100 * group.removed95().high(),
          100 * group.harmed(),
          100 * group.harmed95().low(),
          100 * group.harmed95().high());
    }
    out.println();
  }

  private static void print(PrintWriter out, BiasReport report) {
    out.println(report.set());
    out.printf(
        "  %-24s %6s  %-15s  %-25s  %-15s  %-22s %7s%n",
        "", "turns", "word errors, %", "removed, % (95%)", "missed, %", "worse, % (95%)", "better");
    for (BiasReport.Group group : report.groups()) {
      out.printf(
          Locale.ROOT,
          "  %-24s %6d  %6.2f → %6.2f  %6.1f (%5.1f to %5.1f)    %5.1f → %5.1f  %6.2f (%4.2f to %4.2f)"
              + "   %6.1f%n",
          group.name(),
          group.turns(),
          100.0 * group.errorsBefore() / Math.max(1, group.words()),
          100.0 * group.errorsAfter() / Math.max(1, group.words()),
          100 * group.removed(),
          100 * group.removed95().low(),
          100 * group.removed95().high(),
          100.0 * group.missedBefore() / Math.max(1, group.sought()),
          100.0 * group.missedAfter() / Math.max(1, group.sought()),
          100 * group.harmed(),
          100 * group.harmed95().low(),
          100 * group.harmed95().high(),
          100 * group.mended());
    }
    for (BiasReport.Rival rival : report.rivals()) {
      out.printf(
          Locale.ROOT,
          "  nearest by %s, at equal harm (within %.3f, %.2f%% worse):%n",
          rival.name(),
          rival.limit(),
          100 * rival.harmed());
      for (BiasReport.Removed removed : rival.removed()) {
        out.printf(
            Locale.ROOT, "    %-22s removed %6.1f %%%n", removed.group(), 100 * removed.share());
      }
    }
    out.println();
  }
}
