package dev.earshot.perf;

import dev.earshot.perf.load.PhaseResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Runs of A and B that took turns.
 *
 * @param ab A and B
 * @param aa A and A: what two runs of the same thing differ by
 * @param discarded pairs in which the driver was behind its schedule, run again
 * @param complete whether there are as many of both as were asked for
 */
record PairedRuns(
    List<PairedReport.Pair> ab, List<PairedReport.Pair> aa, int discarded, boolean complete) {
  /** The test of the 99th percentiles. */
  static final String P99 = "p99";

  /** For each pair that is wanted; on a machine that is so busy it is no use to go on. */
  private static final int MOST_DISCARDED = 3;

  PairedRuns {
    ab = List.copyOf(ab);
    aa = List.copyOf(aa);
  }

  /** One run of a side. */
  @FunctionalInterface
  interface Side {
    PhaseResult run() throws BenchException, InterruptedException, IOException;
  }

  /** A/B in changing order and A/A take turns, until there are enough valid pairs of both. */
  static PairedRuns measure(int pairs, Side a, Side b, ProgressLine progress)
      throws BenchException, InterruptedException, IOException {
    List<PairedReport.Pair> ab = new ArrayList<>();
    List<PairedReport.Pair> aa = new ArrayList<>();
    int discarded = 0;
    while ((ab.size() < pairs || aa.size() < pairs) && discarded <= MOST_DISCARDED * pairs) {
      progress.note(
          String.format(Locale.ROOT, "pairs: %d A/B, %d A/A of %d", ab.size(), aa.size(), pairs));
      boolean isNoise = aa.size() < ab.size();
      boolean isSwapped = ab.size() % 2 == 1;
      Side other = isNoise ? a : b;
      PhaseResult first = (isSwapped ? other : a).run();
      PhaseResult second = (isSwapped ? a : other).run();
      if (!first.valid() || !second.valid()) {
        discarded++;
        continue;
      }
      (isNoise ? aa : ab)
          .add(
              isSwapped
                  ? new PairedReport.Pair(second, first)
                  : new PairedReport.Pair(first, second));
    }
    return new PairedRuns(ab, aa, discarded, ab.size() >= pairs && aa.size() >= pairs);
  }

  /**
   * How B compares: medians, p99, late ones, good ones.
   *
   * @throws BenchException if there is no valid pair
   */
  List<PairedTest> tests() throws BenchException {
    if (ab.isEmpty() || aa.isEmpty()) {
      throw new BenchException(
          "no valid pair: the driver was behind its schedule all the time (other work on the"
              + " machine?)");
    }
    return List.of(
        test("p50", result -> result.latencyUs().p50()),
        test(P99, result -> result.latencyUs().p99()),
        // One more of each kind, so that none late is no division by zero.
        test(
            "late share",
            result -> (1 + result.lateShare() * result.scheduled()) / (1 + result.scheduled())),
        test("goodput (A/B)", result -> 1 / Math.max(1, result.goodput())));
  }

  private PairedTest test(String metric, ToDoubleFunction<PhaseResult> figure) {
    return PairedTest.of(metric, ratios(ab, figure), ratios(aa, figure));
  }

  private static List<Double> ratios(
      List<PairedReport.Pair> pairs, ToDoubleFunction<PhaseResult> figure) {
    return pairs.stream()
        .map(pair -> figure.applyAsDouble(pair.b()) / figure.applyAsDouble(pair.a()))
        .toList();
  }
}
