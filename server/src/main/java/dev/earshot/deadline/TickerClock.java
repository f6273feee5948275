package dev.earshot.deadline;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * A {@link Ticker} as a clock, for libraries that measure by one: it begins at the epoch and never
 * jumps. Thread-safe.
 */
public final class TickerClock extends Clock {
  private final Ticker ticker;
  private final long originNanos;

  public TickerClock(Ticker ticker) {
    this.ticker = ticker;
    this.originNanos = ticker.nanoTime();
  }

  @Override
  public Instant instant() {
    return Instant.EPOCH.plusNanos(ticker.nanoTime() - originNanos);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
