package dev.earshot.perf;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.Search;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.perf.micro.SampleUtterances;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code earshot bench recall}: what the staged search finds of what the graph finds, which reads
 * all skills.
 */
@Command(
    name = "recall",
    description =
        "Compares the staged search of large catalogues with the exact one: how many of the best"
            + " skills it finds, how far its probabilities are off, and what both take, request by"
            + " request. A million skills need EARSHOT_HEAP=1g.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class RecallCommand implements Callable<Integer> {
  private static final List<Integer> DEPTHS = List.of(1, 5, 20, 50);

  /** What a caller gets who does not say how many; the log probabilities and times are these's. */
  private static final int USUAL = 5;

  private static final int FEWEST_ENABLED = 4;
  private static final int MOST_ENABLED = 16;

  @Spec private CommandSpec spec;
  @Mixin private BundleOptions bundles;

  @Option(
      names = "--skills",
      split = ",",
      defaultValue = "40000,100000,1000000",
      description = "Numbers of skills.")
  private List<Integer> skills;

  @Option(
      names = "--users",
      defaultValue = "4",
      description = "Users who say each text, the first of whom has enabled nothing.")
  private int users;

  @Option(
      names = "--texts",
      paramLabel = "FILE",
      showDefaultValue = Visibility.NEVER,
      description = "What is said, a line each. Default: the benchmarks' 64 utterances.")
  private @Nullable Path texts;

  @Mixin private ResultOptions results;

  /**
   * The result for one number of skills.
   *
   * @param recall by how many are asked for, as {@link #DEPTHS}: the mean part of the exact best
   *     that were found
   * @param difference where five are asked for, the 99th percentile of how far the best skill's log
   *     probability was off
   * @param exactMicros where five are asked for, median of classifying one request exactly
   * @param stagedMicros the same in stages
   */
  record Size(
      int skills,
      int requests,
      List<Double> recall,
      double difference,
      @JsonProperty("exact_us") double exactMicros,
      @JsonProperty("staged_us") double stagedMicros) {}

  record Report(Machine machine, String bundle, String command, List<Size> sizes) {}

  /** A request's answer: the best rows, and the first's log probability. */
  private record Answer(List<Integer> rows, float logProbability, long nanos) {}

  @Override
  public Integer call() throws BundleException, IOException, ExecutionProviderException {
    if (users < 1 || skills.stream().anyMatch(size -> size < 2_000)) {
      throw new ParameterException(
          spec.commandLine(), "--users (expected: >= 1), --skills (expected: each >= 2000)");
    }
    Machine machine = Machine.describe();
    List<String> said = texts == null ? SampleUtterances.read() : Files.readAllLines(texts);
    List<Size> sizes = new ArrayList<>();
    for (int size : skills) {
      progress("preparing the bundle of " + size + " skills");
      Path bundle =
          BundleResizer.cached(bundles.bundle(), bundles.cache(), size, BundleOptions.SEED);
      progress("finding the best of " + size + " skills exactly");
      Map<Integer, List<Answer>> exact = answers(bundle, Search.FLAT, said);
      progress("finding them in stages");
      sizes.add(size(size, exact, answers(bundle, Search.STAGED, said)));
    }
    Report report =
        new Report(
            machine,
            Bundle.open(bundles.bundle()).version(),
            String.join(" ", spec.commandLine().getParseResult().originalArgs()),
            sizes);
    results.publish(report, markdown(report));
    return 0;
  }

  private void progress(String line) {
    spec.commandLine().getErr().println(line);
    spec.commandLine().getErr().flush();
  }

  /** The answers to every request, by how many skills are asked for. */
  private Map<Integer, List<Answer>> answers(Path bundle, Search search, List<String> said)
      throws BundleException, ExecutionProviderException {
    Map<Integer, List<Answer>> answers = new HashMap<>();
    DEPTHS.forEach(depth -> answers.put(depth, new ArrayList<>()));
    Random random = new Random(BundleOptions.SEED);
    try (OnnxShortlistModel model =
            OnnxShortlistModel.load(bundle, OnnxRuntime.start(ExecutionProvider.CPU), 1, search);
        Workspace workspace = model.workspace(1)) {
      for (int user = 0; user < users; user++) {
        int count = user == 0 ? 0 : random.nextInt(FEWEST_ENABLED, MOST_ENABLED + 1);
        List<EnabledSkills> enabled =
            List.of(
                model.enabledSkills(
                    random
                        .ints(0, model.skills().size())
                        .distinct()
                        .limit(count)
                        .sorted()
                        .toArray()));
        for (String text : said) {
          workspace.encode(List.of(WeightedTexts.of(model.tokenizer().tokenize(text))));
          workspace.attend(enabled);
          for (int depth : DEPTHS) {
            requireNonNull(answers.get(depth)).add(answer(workspace, enabled, depth));
          }
        }
      }
    }
    return answers;
  }

  private static Answer answer(Workspace workspace, List<EnabledSkills> enabled, int depth) {
    long start = System.nanoTime();
    workspace.classify(enabled, depth);
    long nanos = System.nanoTime() - start;
    List<Integer> rows = new ArrayList<>();
    for (int rank = 0; rank < depth; rank++) {
      rows.add(workspace.topRow(0, rank));
    }
    return new Answer(rows, workspace.topLogProbability(0, 0), nanos);
  }

  private static Size size(
      int skills, Map<Integer, List<Answer>> exacts, Map<Integer, List<Answer>> stageds) {
    List<Double> recall = new ArrayList<>();
    for (int depth : DEPTHS) {
      recall.add(
          recall(depth, requireNonNull(exacts.get(depth)), requireNonNull(stageds.get(depth))));
    }
    List<Answer> exact = requireNonNull(exacts.get(USUAL));
    List<Answer> staged = requireNonNull(stageds.get(USUAL));
    double[] differences = new double[exact.size()];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = Math.abs(exact.get(i).logProbability - staged.get(i).logProbability);
    }
    Arrays.sort(differences);
    return new Size(
        skills,
        exact.size(),
        recall,
        differences[Math.max(0, (int) Math.ceil(0.99 * differences.length) - 1)],
        medianMicros(exact),
        medianMicros(staged));
  }

  private static double recall(int depth, List<Answer> exact, List<Answer> staged) {
    double found = 0;
    for (int i = 0; i < exact.size(); i++) {
      Set<Integer> best = new HashSet<>(exact.get(i).rows);
      best.retainAll(new HashSet<>(staged.get(i).rows));
      found += best.size();
    }
    return found / depth / exact.size();
  }

  private static double medianMicros(List<Answer> answers) {
    long[] nanos = answers.stream().mapToLong(Answer::nanos).sorted().toArray();
    return Math.round(nanos[nanos.length / 2] / 100.0) / 10.0;
  }

  private static String markdown(Report report) {
    StringBuilder text = new StringBuilder();
    text.append("Machine: ").append(report.machine).append("\n\n");
    text.append("Measured by `bench ").append(report.command).append("`, bundle ");
    text.append(report.bundle).append(" resized to each number of skills.\n\n");
    text.append(
        "| skills | requests | recall of the best 1 | 5 | 20 | 50, asked for so many | of five: first");
    text.append(" answer's log probability off by, p99 | exact, µs | staged, µs |\n");
    text.append("|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (Size size : report.sizes) {
      text.append(String.format(Locale.ROOT, "| %,d | %,d |", size.skills, size.requests));
      for (double recall : size.recall) {
        text.append(String.format(Locale.ROOT, " %.2f%% |", 100 * recall));
      }
      text.append(
          String.format(
              Locale.ROOT,
              " %.3f | %,.0f | %,.0f |%n",
              size.difference,
              size.exactMicros,
              size.stagedMicros));
    }
    return text.toString();
  }
}
