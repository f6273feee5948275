package dev.earshot.deadline;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What is kept back of a budget, so that the context-free answer can still be made when the context
 * does not come: the 99th percentile of that answer's own recent time, from its being taken up to
 * its being handed over; what the running batch may still take; and how late timers fire, which is
 * also how late the event loop gets to sending.
 *
 * <p>Thread-safe.
 */
public final class Reserve {
  /** Until enough answers were made to know. */
  public static final Duration INITIAL = Duration.ofMillis(5);

  /** The way to the caller is not measured here. */
  private static final Duration FLOOR = Duration.ofMillis(1);

  private static final double PERCENTILE = 99;
  private static final Duration HALF_LIFE = Duration.ofSeconds(10);

  private final DecayingPercentile contextFree;
  private final LongSupplier running;
  private final TimerError timerError;

  /**
   * @param running nanoseconds until a worker is free, 0 where one is
   */
  public Reserve(Ticker ticker, LongSupplier running, TimerError timerError) {
    this.contextFree = new DecayingPercentile(ticker, PERCENTILE, HALF_LIFE, INITIAL);
    this.running = running;
    this.timerError = timerError;
  }

  /** Notes how long an answer took of its own, from being taken up to being handed over. */
  public void recordContextFree(long nanos) {
    contextFree.record(nanos);
  }

  /**
   * What to keep back now, in nanoseconds.
   *
   * @param queuedNanos until a job that is due as early would be begun, running batches included
   */
  public long nanos(long queuedNanos) {
    return Math.max(FLOOR.toNanos(), ownNanos() + Math.max(queuedNanos, running.getAsLong()));
  }

  /** What would have to be kept back if no worker were busy, in nanoseconds. */
  public long idleNanos() {
    return Math.max(FLOOR.toNanos(), ownNanos());
  }

  private long ownNanos() {
    return contextFree.nanos() + timerError.nanos();
  }
}
