package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * Whether B is as good as A, told from interleaved pairs of runs. What two runs of the same thing
 * differ by on this machine is measured with it: as many pairs of A with A.
 *
 * <p>B holds if the median of its ratios B/A is at most the 95th percentile of the ratios A/A,
 * times 1.1. Figures of which more is better are compared by A/B.
 *
 * @param metric that was compared
 * @param ratios B/A of each pair, ascending
 * @param noise A/A of each pair, ascending
 * @param limit that the median must not pass
 */
record PairedTest(
    String metric,
    List<Double> ratios,
    List<Double> noise,
    @JsonProperty("median_ratio") double medianRatio,
    double limit,
    boolean holds) {
  private static final double TOLERANCE = 1.1;
  private static final double PERCENTILE = 0.95;

  /** Compares ratios; each list needs at least one. */
  static PairedTest of(String metric, List<Double> ratios, List<Double> noise) {
    if (ratios.isEmpty() || noise.isEmpty()) {
      throw new IllegalArgumentException(
          "pairs: " + ratios.size() + ", " + noise.size() + " (expected: >= 1)");
    }
    List<Double> sorted = ratios.stream().sorted().toList();
    List<Double> sortedNoise = noise.stream().sorted().toList();
    double median = median(sorted);
    double limit =
        sortedNoise.get((int) Math.ceil(PERCENTILE * sortedNoise.size()) - 1) * TOLERANCE;
    return new PairedTest(metric, sorted, sortedNoise, median, limit, median <= limit);
  }

  private static double median(List<Double> sorted) {
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
