package dev.earshot.grpc;

import java.util.function.IntSupplier;

/**
 * When what an event loop reads has come in, as far as that can be told: on average in the middle
 * of the time in which it did not look.
 *
 * <p>Each thread has its own.
 */
final class Arrivals {
  private static final ThreadLocal<Arrivals> OF_THREAD = ThreadLocal.withInitial(Arrivals::new);

  private boolean isLate;
  private long meanNanos;

  private Arrivals() {}

  /**
   * Reads what has come in since a time.
   *
   * @param sinceNanos by {@link System#nanoTime}
   * @return what the reading returns
   */
  static int readSince(long sinceNanos, IntSupplier reading) {
    Arrivals arrivals = OF_THREAD.get();
    long now = System.nanoTime();
    arrivals.meanNanos = sinceNanos + (now - sinceNanos) / 2;
    arrivals.isLate = true;
    try {
      return reading.getAsInt();
    } finally {
      arrivals.isLate = false;
    }
  }

  /** How long ago what the calling thread reads now has come in, in nanoseconds. */
  static long nanosAgo() {
    Arrivals arrivals = OF_THREAD.get();
    return arrivals.isLate ? System.nanoTime() - arrivals.meanNanos : 0;
  }
}
