package dev.earshot.batch;

import dev.earshot.deadline.Ticker;
import java.time.Duration;

/**
 * How much sooner than in time a request must be foretold to be begun in order to be admitted,
 * while there is overload. Then the queue is as full as admission lets it become, and whenever the
 * machine stalls all that waits is late and is refused only after it has waited; with a margin it
 * is not.
 *
 * <p>It grows with the number of requests that were lately admitted in vain, beyond a small part of
 * all that were refused. Where little is refused it stays small: a queue that is nearly too long is
 * then seldom, and to try is better than to refuse.
 *
 * <p>Thread-safe.
 */
final class Margin {
  /** For each request that was lately admitted in vain, beyond those that may be. */
  private static final double STEP_NANOS = 2e6;

  /** One for so many refusals may be. */
  private static final double REFUSALS_A_MISS = 400;

  /** And one step is the most for so many refusals. */
  private static final double REFUSALS_A_STEP = 50;

  private static final double HALF_LIFE_NANOS = Duration.ofSeconds(1).toNanos();

  private final Ticker ticker;

  /** Each counts one at first and half as much with every half-life. Guarded by this. */
  private double missed;

  /** Likewise. Guarded by this. */
  private double refused;

  /** Guarded by this. */
  private long countedNanos;

  Margin(Ticker ticker) {
    this.ticker = ticker;
    countedNanos = ticker.nanoTime();
  }

  /** A request was admitted, and its time was over before it was begun. */
  synchronized void missed() {
    decay();
    missed++;
  }

  /** A request was refused on arrival. */
  synchronized void refused() {
    decay();
    refused++;
  }

  /** The margin now, in nanoseconds. */
  synchronized long nanos() {
    if (missed == 0) {
      return 0;
    }
    decay();
    double beyond = Math.max(0, missed - refused / REFUSALS_A_MISS);
    return (long) (STEP_NANOS * Math.min(beyond, refused / REFUSALS_A_STEP));
  }

  private void decay() {
    long now = ticker.nanoTime();
    double factor = Math.exp(-Math.log(2) * (now - countedNanos) / HALF_LIFE_NANOS);
    missed *= factor;
    refused *= factor;
    countedNanos = now;
  }
}
