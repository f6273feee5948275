package dev.earshot.batch;

/**
 * What waits, by when it is due: answers how much work lies before a time, without looking at every
 * job. Times are counted in slots of a millisecond or so, over the next four seconds; what is due
 * later counts as due then.
 *
 * <p>Not thread-safe: guarded by the batcher's lock.
 */
final class QueuedCost {
  private static final int SLOT_BITS = 20;
  private static final int SLOTS = 1 << 12;

  private final long[] nanos = new long[SLOTS];
  private long total;

  /** Counts a job in, and notes in it where. */
  void add(Job job, long nowNanos) {
    job.slot = slot(job.dueNanos(), nowNanos);
    nanos[job.slot] += job.costNanos;
    total += job.costNanos;
  }

  /** Counts a job out. */
  void remove(Job job) {
    nanos[job.slot] -= job.costNanos;
    total -= job.costNanos;
  }

  /** Nanoseconds of work that is due up to a time, and at it. */
  long before(long dueNanos, long nowNanos) {
    if (total == 0) {
      return 0;
    }
    int first = slot(nowNanos, nowNanos);
    int slots = Math.floorMod(slot(dueNanos, nowNanos) - first, SLOTS);
    long sum = 0;
    for (int i = 0; i <= slots && sum < total; i++) {
      sum += nanos[(first + i) & (SLOTS - 1)];
    }
    return sum;
  }

  private static int slot(long dueNanos, long nowNanos) {
    long ahead = Math.max(0, Math.min(dueNanos - nowNanos, (long) (SLOTS - 1) << SLOT_BITS));
    // Shifted without its sign: a clock may wrap around.
    return (int) ((nowNanos + ahead) >>> SLOT_BITS) & (SLOTS - 1);
  }
}
