package dev.earshot.deadline;

import java.time.Duration;

/**
 * The time that one request may take, counted from its arrival on a monotonic clock. Immutable and
 * thread-safe.
 */
public final class Budget {
  private static final Duration MAX = Duration.ofDays(365);

  private final Ticker ticker;
  private final long arrivalNanos;
  private final long deadlineNanos;

  private Budget(Ticker ticker, long arrivalNanos, long deadlineNanos) {
    this.ticker = ticker;
    this.arrivalNanos = arrivalNanos;
    this.deadlineNanos = deadlineNanos;
  }

  /**
   * A budget that begins now. A duration of centuries is as good as none, and does not overflow.
   */
  public static Budget startingNow(Ticker ticker, Duration duration) {
    return startingAt(ticker, ticker.nanoTime(), duration);
  }

  /** A budget that began when the request arrived. */
  public static Budget startingAt(Ticker ticker, long arrivalNanos, Duration duration) {
    long nanos =
        duration.compareTo(MAX) >= 0
            ? MAX.toNanos()
            : duration.isNegative() ? 0 : duration.toNanos();
    return new Budget(ticker, arrivalNanos, arrivalNanos + nanos);
  }

  /** Nanoseconds left; negative once it is overspent. */
  public long remainingNanos() {
    return deadlineNanos - ticker.nanoTime();
  }

  /** When it is spent, by {@link #ticker()}; only differences to its times mean anything. */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  /** Nanoseconds since the request arrived. */
  public long elapsedNanos() {
    return ticker.nanoTime() - arrivalNanos;
  }

  public boolean isSpent() {
    return remainingNanos() <= 0;
  }

  /** The clock that it counts on. */
  public Ticker ticker() {
    return ticker;
  }

  /** When the request arrived, by {@link #ticker()}. */
  public long arrivalNanos() {
    return arrivalNanos;
  }
}
