package dev.earshot.app.eval;

import dev.earshot.app.eval.EvalReport.Interval;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The interval of a share whose rows come in clusters, such as one user's utterances: clusters are
 * drawn with replacement, and percentiles of the share over the draws are taken (Davison and
 * Hinkley, "Bootstrap Methods and their Application", 1997, 3.8). Rows of one user resemble each
 * other; drawing single rows would make the interval too narrow.
 */
final class ClusterBootstrap {
  private final Map<String, int[]> clusters = new HashMap<>();

  /** Adds a row. */
  void add(String cluster, boolean success) {
    add(cluster, 1, success ? 1 : 0);
  }

  /** Adds a part, such as errors removed, of a whole, such as errors. */
  void add(String cluster, int whole, int part) {
    int[] counts = clusters.computeIfAbsent(cluster, c -> new int[2]);
    counts[0] += whole;
    counts[1] += part;
  }

  /**
   * The interval that holds the share in 95 of 100 draws.
   *
   * @param draws how many draws
   */
  Interval interval95(int draws, RandomGenerator random) {
    // In a fixed order, so that a seed gives one interval.
    int[][] counts =
        clusters.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(Map.Entry::getValue)
            .toArray(int[][]::new);
    double[] shares = new double[draws];
    for (int draw = 0; draw < draws; draw++) {
      long rows = 0;
      long successes = 0;
      for (int i = 0; i < counts.length; i++) {
        int[] cluster = counts[random.nextInt(counts.length)];
        rows += cluster[0];
        successes += cluster[1];
      }
      shares[draw] = rows == 0 ? 0 : (double) successes / rows;
    }
    Arrays.sort(shares);
    return new Interval(percentile(shares, 0.025), percentile(shares, 0.975));
  }

  private static double percentile(double[] sorted, double p) {
    return sorted[(int) Math.round(p * (sorted.length - 1))];
  }
}
