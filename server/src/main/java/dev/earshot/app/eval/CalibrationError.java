package dev.earshot.app.eval;

/**
 * The expected calibration error: how far probabilities are from the share that comes true, on
 * average over bins of equal width weighted by what falls into each (Naeini, Cooper and Hauskrecht,
 * "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015).
 */
final class CalibrationError {
  private final int[] counts;
  private final int[] successes;
  private final double[] sums;
  private int total;

  CalibrationError(int bins) {
    counts = new int[bins];
    successes = new int[bins];
    sums = new double[bins];
  }

  /**
   * Adds a prediction.
   *
   * @param probability 0 to 1; a bin holds its upper edge and not its lower one, but for the first
   * @param success whether it came true
   */
  void add(double probability, boolean success) {
    int bin = (int) Math.ceil(probability * counts.length) - 1;
    bin = Math.max(0, Math.min(counts.length - 1, bin));
    counts[bin]++;
    sums[bin] += probability;
    if (success) {
      successes[bin]++;
    }
    total++;
  }

  /** The error, 0 to 1; NaN without predictions. */
  double value() {
    double error = 0;
    for (int bin = 0; bin < counts.length; bin++) {
      error += Math.abs(successes[bin] - sums[bin]);
    }
    return error / total;
  }
}
