package dev.earshot.perf.load;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Ranks by Zipf's law: rank {@code r} (from 0) has a probability proportional to {@code (r +
 * 1)^-skew}. A skew of 0 is the uniform distribution. Immutable and thread-safe.
 */
public final class Zipf {
  private final double[] cumulative;

  public Zipf(int ranks, double skew) {
    if (ranks < 1 || !(skew >= 0)) {
      throw new IllegalArgumentException(
          "ranks: " + ranks + ", skew: " + skew + " (expected: >= 1, >= 0)");
    }
    cumulative = new double[ranks];
    double sum = 0;
    for (int rank = 0; rank < ranks; rank++) {
      sum += Math.pow(rank + 1, -skew);
      cumulative[rank] = sum;
    }
  }

  /** A rank, 0 to the number of ranks − 1. */
  public int next(RandomGenerator random) {
    double point = random.nextDouble() * cumulative[cumulative.length - 1];
    int found = Arrays.binarySearch(cumulative, point);
    return Math.min(found >= 0 ? found + 1 : -found - 1, cumulative.length - 1);
  }
}
