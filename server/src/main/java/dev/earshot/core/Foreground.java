package dev.earshot.core;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the requests that are being answered, so that work that nobody waits for is begun where it
 * holds none of them up.
 *
 * <p>{@linkplain Precedence#SPARE_TIME The system's scheduler} does not see to that alone. A thread
 * that was woken up has a share of the core to come, however small: it gets the core as soon as one
 * that has had its own share gives way to anybody, and keeps it until the next tick of the clock,
 * up to 4 ms at 250 Hz. Once it has run for a moment it has had its share, and any request's thread
 * takes the core from it.
 *
 * <p>Thread-safe; no method blocks.
 */
public final class Foreground {
  private final int cores;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * Of no request so far.
   *
   * @param cores that they have
   */
  public Foreground(int cores) {
    this.cores = cores;
  }

  /** Counts a request until its answer is there, or is not wanted any more. */
  public void add(CompletableFuture<?> answer) {
    underWay.incrementAndGet();
    answer.whenComplete((done, failure) -> underWay.decrementAndGet());
  }

  /** Whether there is a core that no request has work for. */
  public boolean leavesACore() {
    return underWay.get() < cores;
  }
}
