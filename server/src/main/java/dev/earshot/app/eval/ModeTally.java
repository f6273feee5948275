package dev.earshot.app.eval;

import dev.earshot.app.eval.EvalReport.Accuracy;
import dev.earshot.app.eval.EvalReport.Interval;
import dev.earshot.app.eval.EvalReport.ModeReport;
import dev.earshot.app.eval.ShortlistData.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Turns the outcomes of one mode into its figures. */
final class ModeTally {
  private static final int CALIBRATION_BINS = 15;
  private static final int BOOTSTRAP_DRAWS = 1_000;

  private final ShortlistData data;
  private final List<Answered> all;
  private final List<Outcome> outOfScope;

  /** A row and what became of it; the cluster is its user, or the row itself. */
  private record Answered(Row row, Outcome outcome, String cluster) {}

  /**
   * @param outcomes of the data's rows, in their order
   * @param outOfScope of the data's out-of-scope utterances
   */
  ModeTally(ShortlistData data, List<Outcome> outcomes, List<Outcome> outOfScope) {
    this.data = data;
    this.outOfScope = outOfScope;
    this.all =
        IntStream.range(0, outcomes.size())
            .mapToObj(i -> {
              Row row = data.rows().get(i);
              String cluster = row.user().isEmpty() ? "row " + i : row.user();
              return new Answered(row, outcomes.get(i), cluster);
            })
            .toList();
  }

  ModeReport report(Mode mode, double seconds, long seed) {
    List<Answered> answered = all.stream().filter(a -> a.outcome().isAnswered()).toList();
    long degraded = answered.stream().filter(a -> a.outcome().degraded()).count();
    return new ModeReport(
        mode.label(),
        accuracy(all),
        intervals(seed),
        bySource(),
        accuracyWhere(a -> Boolean.TRUE.equals(data.isEnabled(a.row()))),
        accuracyWhere(a -> Boolean.FALSE.equals(data.isEnabled(a.row()))),
        calibrationError(answered),
        outOfScopeAuroc(answered),
        answered.isEmpty() ? 0 : (double) degraded / answered.size(),
        failures(),
        seconds,
        all.size() / seconds);
  }

  private Map<String, Accuracy> bySource() {
    Map<String, List<Answered>> groups =
        all.stream()
            .collect(
                Collectors.groupingBy(
                    a -> data.sourceOf(a.row().skill()), TreeMap::new, Collectors.toList()));
    Map<String, Accuracy> accuracies = new LinkedHashMap<>();
    groups.forEach((source, rows) -> accuracies.put(source, accuracy(rows)));
    return accuracies;
  }

  private @Nullable Accuracy accuracyWhere(Predicate<Answered> condition) {
    List<Answered> rows = all.stream().filter(condition).toList();
    return rows.isEmpty() ? null : accuracy(rows);
  }

  private static Accuracy accuracy(List<Answered> rows) {
    return new Accuracy(
        rows.size(),
        share(rows, a -> a.outcome().isWithin(1)),
        share(rows, a -> a.outcome().isWithin(3)),
        share(rows, a -> a.outcome().isWithin(5)),
        share(rows, a -> a.outcome().rightCapability()));
  }

  private static double share(List<Answered> rows, Predicate<Answered> condition) {
    return (double) rows.stream().filter(condition).count() / rows.size();
  }

  private Map<String, Interval> intervals(long seed) {
    Map<String, Interval> intervals = new LinkedHashMap<>();
    for (int top : new int[] {1, 3, 5}) {
      ClusterBootstrap bootstrap = new ClusterBootstrap();
      all.forEach(a -> bootstrap.add(a.cluster(), a.outcome().isWithin(top)));
      intervals.put("top" + top, bootstrap.interval95(BOOTSTRAP_DRAWS, new SplittableRandom(seed)));
    }
    return intervals;
  }

  private static double calibrationError(List<Answered> answered) {
    CalibrationError error = new CalibrationError(CALIBRATION_BINS);
    answered.forEach(a -> error.add(a.outcome().confidence(), a.outcome().isWithin(1)));
    return error.value();
  }

  private @Nullable Double outOfScopeAuroc(List<Answered> answered) {
    double[] positives =
        outOfScope.stream().filter(Outcome::isAnswered).mapToDouble(Outcome::outOfScope).toArray();
    double[] negatives = answered.stream().mapToDouble(a -> a.outcome().outOfScope()).toArray();
    return positives.length == 0 || negatives.length == 0 ? null : RocArea.of(positives, negatives);
  }

  private Map<String, Integer> failures() {
    Map<String, Integer> failures = new TreeMap<>();
    List<Outcome> outcomes = new ArrayList<>(outOfScope);
    all.forEach(a -> outcomes.add(a.outcome()));
    for (Outcome outcome : outcomes) {
      if (outcome.error() != null) {
        failures.merge(outcome.error(), 1, Integer::sum);
      }
    }
    return failures;
  }
}
