package dev.earshot.batch;

import org.jspecify.annotations.Nullable;

/**
 * A piece of work with a time by which it must be done, whether somebody waits for it or it is done
 * in the background. Jobs run in the order of these times.
 *
 * <p>Its methods may be called from any thread and must not block.
 */
public abstract class Job {
  private final long dueNanos;
  private final long expiryNanos;

  /** Set by the queue, under its lock: among jobs that are due at the same time, the first. */
  long sequence;

  /** Set by the queue, under its lock: what it adds to the wait of those behind it. */
  long costNanos;

  /** Set by the queue, under its lock: where its cost is counted. */
  int slot;

  /** Set by the queue, under its lock: who is charged with it. */
  Callers.@Nullable Share share;

  /**
   * @param dueNanos when it must be done, by the batcher's clock, to be of use for certain
   * @param expiryNanos when it is of no use any more; not before it is due
   */
  protected Job(long dueNanos, long expiryNanos) {
    this.dueNanos = dueNanos;
    this.expiryNanos = expiryNanos;
  }

  /** Why a job is not run. */
  public enum Drop {
    /** Its time is over. */
    EXPIRED,
    /** It could not be done in time any more. */
    TOO_LATE,
    /** Its batch failed as a whole. */
    FAILED
  }

  public final long dueNanos() {
    return dueNanos;
  }

  /** What is planned ends before it is due; what runs already may go on until it expires. */
  public final long expiryNanos() {
    return expiryNanos;
  }

  /** Whether anybody still wants it; if not, it is dropped without a word. */
  protected abstract boolean isWanted();

  /** Tells whoever wants it that it is not done. May come while it runs, and more than once. */
  protected abstract void drop(Drop why);
}
