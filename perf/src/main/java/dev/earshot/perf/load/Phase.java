package dev.earshot.perf.load;

import java.time.Duration;

/**
 * A rate, held for a time.
 *
 * @param rate requests a second, over all loops
 * @param timeline whether every request is kept with its time, to see how the phase went on
 */
public record Phase(String name, double rate, Duration duration, boolean timeline) {
  public Phase {
    if (!(rate > 0) || duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(
          "rate: " + rate + ", duration: " + duration + " (expected: > 0)");
    }
  }

  public static Phase of(String name, double rate, Duration duration) {
    return new Phase(name, rate, duration, false);
  }

  public Phase withTimeline() {
    return new Phase(name, rate, duration, true);
  }
}
