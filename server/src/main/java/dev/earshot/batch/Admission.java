package dev.earshot.batch;

/**
 * Decides on arrival what a request can get, by when it would be done: the time until it is due,
 * less the wait that the queue predicts, less a batch that it would run in, less a {@link Margin}
 * where it has to wait: a wait may turn out to be longer.
 *
 * <p>What lies in the queue is bounded for each caller by a dynamic threshold, as in the shared
 * buffers of switches (Choudhury and Hahne, <i>Dynamic queue length thresholds for shared-memory
 * packet switches</i>, IEEE/ACM Transactions on Networking 6(2), 1998): at most a multiple of the
 * room that is left. However many requests one caller sends, a part of the room stays for the
 * others, and several such callers come to equal parts.
 *
 * <p>Thread-safe; takes no lock but the batcher's, for a moment.
 */
public final class Admission {
  /** Of the room that is left. One caller alone can fill four fifths. */
  private static final int SHARE = 4;

  /** The part of the room that the margin takes at most: workers need something to go on with. */
  private static final int MARGIN_PART = 3;

  private final MicroBatcher batcher;

  public Admission(MicroBatcher batcher) {
    this.batcher = batcher;
  }

  /** What a request can get. */
  public enum Verdict {
    /** All that it asks for. */
    FULL,
    /** The answer without context alone, because of what waits. */
    DEGRADED,
    /** Nothing, because of what waits. */
    OVERLOADED,
    /** Nothing for now: its caller fills more of the queue than is its share. */
    UNFAIR,
    /** Nothing: its time would not do even if nothing waited. */
    TOO_SHORT
  }

  /**
   * What was decided.
   *
   * @param waitNanos predicted time until it would be begun
   * @param retryDelayNanos until what is in the way will be gone; 0 where nothing is
   * @param retryMeetsDeadline whether a retry after that could be answered in time
   */
  public record Decision(
      Verdict verdict, long waitNanos, long retryDelayNanos, boolean retryMeetsDeadline) {}

  /**
   * What a request would take.
   *
   * @param aloneNanos the context-free answer, if it ran alone
   * @param batchedNanos the context-free answer in the largest batch that it may share
   * @param fullNanos the full answer in such a batch, with what is expected to be waited for
   */
  public record Cost(long aloneNanos, long batchedNanos, long fullNanos) {}

  /**
   * Decides on a request.
   *
   * @param leftNanos until it is due
   */
  public Decision decide(long dueNanos, long leftNanos, Cost cost, Callers.Share caller) {
    long wait = batcher.untilBegunNanos(dueNanos);
    if (leftNanos < cost.aloneNanos) {
      return new Decision(Verdict.TOO_SHORT, wait, wait, false);
    }
    // With nothing before it, a request that runs alone shares no batch.
    long ownTime = wait == 0 ? cost.aloneNanos : cost.batchedNanos;
    long margin = wait == 0 ? 0 : marginNanos(leftNanos - cost.batchedNanos);
    long room = leftNanos - margin - ownTime;
    if (room < wait) {
      batcher.margin().refused();
      return new Decision(Verdict.OVERLOADED, wait, wait, false);
    }
    long own = caller.queuedNanos() / batcher.workers();
    long allowed = SHARE * (room - wait);
    if (own > allowed) {
      batcher.margin().refused();
      long delay = own - allowed;
      return new Decision(Verdict.UNFAIR, wait, delay, room - delay >= wait);
    }
    boolean full = leftNanos - margin - wait >= cost.fullNanos;
    return new Decision(full ? Verdict.FULL : Verdict.DEGRADED, wait, 0, true);
  }

  private long marginNanos(long room) {
    return Math.min(marginNanos(), Math.max(0, room / MARGIN_PART));
  }

  /** What is to be left of a request's time where it has to wait, in nanoseconds. */
  public long marginNanos() {
    return batcher.margin().nanos();
  }
}
