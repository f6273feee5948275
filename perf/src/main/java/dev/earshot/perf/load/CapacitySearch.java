package dev.earshot.perf.load;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the highest rate that a server sustains: that at which at least 99% of the requests are
 * answered within their deadline. Rates rise by a factor until one is not sustained, then the gap
 * between the two is halved until it is narrow; then the lowest that failed is tried once more, and
 * where it is sustained now the search goes on above it.
 */
public final class CapacitySearch {
  /** The share of requests that must be answered within their deadline. */
  public static final double SUSTAINED = 0.99;

  /** Below it a run of seconds tells nothing. */
  private static final double LEAST_RATE = 5;

  private static final double RISE = 1.6;
  private static final int MAX_TRIALS = 60;

  /** Of one rate. */
  private static final int MAX_TRIES = 5;

  /** How often the end is not believed. */
  private static final int MAX_CHALLENGES = 3;

  private final double firstRate;
  private final double precision;
  private final List<PhaseResult> trials = new ArrayList<>();

  /** Loads the server at a rate for a while. */
  @FunctionalInterface
  public interface Trial {
    PhaseResult at(double rate) throws InterruptedException;
  }

  /**
   * The outcome.
   *
   * @param rate the highest sustained rate that was tried; 0 if not even the first was
   * @param peakGoodput the most answers a second, within the deadline, of any trial
   * @param driverBound whether the driver, not the server, set the limit
   */
  public record Capacity(
      double rate, double peakGoodput, boolean driverBound, List<PhaseResult> trials) {}

  /**
   * @param firstRate to begin with
   * @param precision of the answer: 1.05 is five percent
   */
  public CapacitySearch(double firstRate, double precision) {
    if (!(firstRate > 0) || !(precision > 1)) {
      throw new IllegalArgumentException(
          "first rate: " + firstRate + ", precision: " + precision + " (expected: > 0, > 1)");
    }
    this.firstRate = firstRate;
    this.precision = precision;
  }

  public Capacity run(Trial trial) throws InterruptedException {
    double sustained = 0;
    double failed = Double.POSITIVE_INFINITY;
    double rate = firstRate;
    boolean driverBound = false;
    int challenges = 0;
    while (trials.size() < MAX_TRIALS) {
      if (failed <= sustained * precision) {
        // What failed a while ago may have met with something that has passed.
        if (challenges++ == MAX_CHALLENGES || !isSustained(attempt(trial, failed))) {
          break;
        }
        sustained = failed;
        failed = Double.POSITIVE_INFINITY;
        rate = sustained * RISE;
      }
      PhaseResult result = attempt(trial, rate);
      if (!result.valid()) {
        // What a driver that lags behind measures says nothing about the server.
        driverBound = true;
      }
      if (isSustained(result)) {
        sustained = rate;
      } else {
        failed = rate;
      }
      if (failed == Double.POSITIVE_INFINITY) {
        rate = sustained * RISE;
      } else if (sustained == 0) {
        rate = failed / (RISE * RISE);
        if (rate < LEAST_RATE) {
          break;
        }
      } else {
        rate = Math.sqrt(sustained * failed);
      }
    }
    double peak =
        trials.stream()
            .filter(PhaseResult::valid)
            .mapToDouble(PhaseResult::goodput)
            .max()
            .orElse(0);
    return new Capacity(sustained, peak, driverBound, List.copyOf(trials));
  }

  private static boolean isSustained(PhaseResult result) {
    return result.valid() && result.goodShare() >= SUSTAINED;
  }

  /**
   * A failure is believed the second time: something else may have run on the machine. A run in
   * which the driver was behind says nothing, unless it always is.
   */
  private PhaseResult attempt(Trial trial, double rate) throws InterruptedException {
    int failures = 0;
    PhaseResult result;
    int tries = 0;
    do {
      result = trial.at(rate);
      trials.add(result);
      tries++;
      if (isSustained(result)) {
        return result;
      }
      failures += result.valid() ? 1 : 0;
    } while (failures < 2 && tries < MAX_TRIES);
    return result;
  }
}
