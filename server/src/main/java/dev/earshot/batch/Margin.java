package dev.earshot.batch;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much sooner than in time a request must be foretold to be begun in order to be admitted. A
 * machine stalls now and then; without a margin all that waits in a full queue would then be late,
 * and be refused only after it has waited.
 *
 * <p>It follows what happens by stochastic approximation (Robbins and Monro, <i>A stochastic
 * approximation method</i>, Annals of Mathematical Statistics 22(3), 1951): one that was admitted
 * and came to nothing raises it by a step; one that was begun, or refused on arrival, lowers it by
 * a small part of a step. It comes to rest where of those that are begun and refused about these
 * parts are admitted in vain.
 *
 * <p>Thread-safe.
 */
final class Margin {
  private static final long STEP_NANOS = 500_000;

  /** Of those that are begun, the part that may be admitted in vain: a thousandth. */
  private static final long BEGUN_NANOS = STEP_NANOS / 1_000;

  /** Of refusals, the part that may come only after a wait: two in five hundred. */
  private static final long REFUSED_NANOS = STEP_NANOS / 250;

  private final long mostNanos;
  private final AtomicLong nanos = new AtomicLong();

  /**
   * @param mostNanos where it ends to rise
   */
  Margin(long mostNanos) {
    this.mostNanos = mostNanos;
  }

  /** A request was admitted, and its time was over before it was begun. */
  void missed() {
    move(STEP_NANOS);
  }

  /** A request was admitted and begun. */
  void begun() {
    move(-BEGUN_NANOS);
  }

  /** A request was refused on arrival. */
  void refused() {
    move(-REFUSED_NANOS);
  }

  private void move(long by) {
    long now = nanos.get();
    long next = Math.max(0, Math.min(mostNanos, now + by));
    // One of several that come at once may get lost.
    if (next != now) {
      nanos.compareAndSet(now, next);
    }
  }

  long nanos() {
    return nanos.get();
  }
}
