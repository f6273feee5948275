package dev.earshot.deadline;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * A percentile of recent durations. A recorded one counts in full at first and half as much with
 * every half-life that passes, so that the percentile follows the machine it runs on and still
 * rests on more than the last moments.
 *
 * <p>Thread-safe. Reading takes no lock.
 */
public final class DecayingPercentile {
  private static final long LOWEST_NANOS = 1_000;
  private static final long HIGHEST_NANOS = Duration.ofMinutes(1).toNanos();
  private static final int DIGITS = 2;

  /** A new sample's weight: high enough that halves of it stay whole numbers for a while. */
  private static final long FULL_WEIGHT = 1 << 10;

  /** With fewer samples a high percentile is only their greatest. */
  private static final int FEWEST_SAMPLES = 32;

  private static final int REFRESH_EVERY = 16;

  /** However long nothing came, what was known is not forgotten altogether. */
  private static final int MOST_HALVINGS = 3;

  private final Ticker ticker;
  private final double percentile;
  private final long halfLifeNanos;
  private final long initialNanos;

  /** Guarded by this. */
  private Histogram weights = newHistogram();

  /** Guarded by this. */
  private long halvedNanos;

  /** Guarded by this. */
  private long samples;

  private volatile long value;

  private volatile long recordedNanos;

  /**
   * @param percentile 0 to 100
   * @param halfLife after which a sample counts half
   * @param initial the value until there are samples enough
   */
  public DecayingPercentile(Ticker ticker, double percentile, Duration halfLife, Duration initial) {
    this.ticker = ticker;
    this.percentile = percentile;
    this.halfLifeNanos = halfLife.toNanos();
    this.halvedNanos = ticker.nanoTime();
    this.initialNanos = initial.toNanos();
    this.value = initialNanos;
    this.recordedNanos = halvedNanos;
  }

  /** Takes a duration into account; one below 0 counts as 0, one above a minute as a minute. */
  public synchronized void record(long nanos) {
    halveIfDue();
    weights.recordValueWithCount(Math.min(Math.max(nanos, 0), HIGHEST_NANOS), FULL_WEIGHT);
    samples++;
    if (samples == FEWEST_SAMPLES || (samples > FEWEST_SAMPLES && samples % REFRESH_EVERY == 0)) {
      value = weights.getValueAtPercentile(percentile);
    }
    recordedNanos = ticker.nanoTime();
  }

  /**
   * The percentile, in nanoseconds. Where nothing came for a half-life it is at most the initial
   * value: else one that is so high that nothing is begun any more would stay for want of samples.
   */
  public long nanos() {
    long known = value;
    return known > initialNanos && ticker.nanoTime() - recordedNanos >= halfLifeNanos
        ? initialNanos
        : known;
  }

  private void halveIfDue() {
    long halfLives = (ticker.nanoTime() - halvedNanos) / halfLifeNanos;
    if (halfLives <= 0) {
      return;
    }
    halvedNanos += halfLives * halfLifeNanos;
    int halvings = (int) Math.min(halfLives, MOST_HALVINGS);
    Histogram halved = newHistogram();
    for (HistogramIterationValue bar : weights.recordedValues()) {
      long weight = bar.getCountAtValueIteratedTo() >> halvings;
      if (weight > 0) {
        halved.recordValueWithCount(bar.getValueIteratedTo(), weight);
      }
    }
    weights = halved;
  }

  private static Histogram newHistogram() {
    return new Histogram(LOWEST_NANOS, HIGHEST_NANOS, DIGITS);
  }
}
