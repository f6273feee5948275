package dev.earshot.deadline;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * How late an event loop's timers have fired of late. What delays a timer, a busy loop above all,
 * delays whatever else the loop is to do, such as sending.
 *
 * <p>Thread-safe.
 */
public final class TimerError {
  private static final double HIGH = 99;
  private static final Duration HALF_LIFE = Duration.ofSeconds(2);
  private static final Duration INITIAL = Duration.ofMillis(1);

  private final Ticker ticker;
  private final DecayingPercentile high;

  public TimerError(Ticker ticker) {
    this.ticker = ticker;
    this.high = new DecayingPercentile(ticker, HIGH, HALF_LIFE, INITIAL);
  }

  /** The 99th percentile of how late timers fired, in nanoseconds. */
  public long nanos() {
    return high.nanos();
  }

  /** Notes that a timer fires now that was due at a time. */
  public void fired(long dueNanos) {
    high.record(ticker.nanoTime() - dueNanos);
  }

  /**
   * Sets a timer now and then, for as long as the timers run: requests that find all they need set
   * none.
   *
   * @return ends it when cancelled
   */
  public Future<?> probe(ScheduledExecutorService timers, Duration period) {
    return timers.scheduleWithFixedDelay(
        new Runnable() {
          private long dueNanos = ticker.nanoTime() + period.toNanos();

          @Override
          public void run() {
            fired(dueNanos);
            dueNanos = ticker.nanoTime() + period.toNanos();
          }
        },
        period.toNanos(),
        period.toNanos(),
        TimeUnit.NANOSECONDS);
  }
}
