package dev.earshot.app.eval;

import java.util.Arrays;

/**
 * The area under the receiver operating characteristic: the probability that a positive scores
 * above a negative, ties counted half, which is the Mann–Whitney statistic over the number of pairs
 * (Hanley and McNeil, Radiology 143, 1982).
 */
final class RocArea {
  private RocArea() {}

  /** The area, 0 to 1; NaN where either side is empty. Takes O(n log n). */
  static double of(double[] positives, double[] negatives) {
    double[] sorted = negatives.clone();
    Arrays.sort(sorted);
    double wins = 0;
    for (double positive : positives) {
      int below = lowerBound(sorted, positive);
      int notAbove = lowerBound(sorted, Math.nextUp(positive));
      wins += below + (notAbove - below) / 2.0;
    }
    return wins / ((double) positives.length * negatives.length);
  }

  /** How many are less than a value. */
  private static int lowerBound(double[] sorted, double value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
