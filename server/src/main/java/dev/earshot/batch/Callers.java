package dev.earshot.batch;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** How much of the queue each caller fills. Thread-safe. */
public final class Callers {
  /** Names are the callers' own choice; beyond this many, those with nothing queued are dropped. */
  private static final int MOST_NAMES = 4_096;

  private final ConcurrentHashMap<String, Share> shares = new ConcurrentHashMap<>();

  /** One caller's part of what waits. Thread-safe. */
  public static final class Share {
    private final AtomicLong queuedNanos = new AtomicLong();

    private Share() {}

    void charge(long nanos) {
      queuedNanos.addAndGet(nanos);
    }

    /** Nanoseconds of a worker that the caller's waiting jobs will take. */
    long queuedNanos() {
      return queuedNanos.get();
    }
  }

  /** The share of a caller. */
  public Share share(String caller) {
    Share share = shares.get(caller);
    if (share != null) {
      return share;
    }
    if (shares.size() >= MOST_NAMES) {
      // One that is just about to be charged may be dropped: it then begins anew, at nothing.
      shares.values().removeIf(known -> known.queuedNanos() == 0);
    }
    return shares.computeIfAbsent(caller, name -> new Share());
  }

  int size() {
    return shares.size();
  }
}
