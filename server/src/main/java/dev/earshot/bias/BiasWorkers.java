package dev.earshot.bias;

import dev.earshot.batch.BatchListener;
import dev.earshot.batch.Job;
import dev.earshot.batch.Lane;
import dev.earshot.batch.MicroBatcher;
import dev.earshot.deadline.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The threads on which biases are made and hypotheses rescored, earliest due first; apart from the
 * shortlister's, so that neither waits for the other. Work is cut into steps of a few milliseconds
 * at most: what is computed ahead of a turn does not hold a worker that a request needs.
 *
 * <p>Thread-safe.
 */
final class BiasWorkers implements AutoCloseable {
  private static final Duration PLANNED = Duration.ofMillis(4);
  private static final Duration MAX_RUN = Duration.ofMillis(100);
  private static final long TICK_NANOS = Duration.ofMillis(2).toNanos();

  private final Lane<Step> requests = new Lane<>("bias", 1, StepRunner::new);
  private final Lane<Step> ahead = new Lane<>("window", 1, StepRunner::new);
  private final MicroBatcher batcher;
  private final ScheduledExecutorService timers;
  private final AtomicBoolean ticking = new AtomicBoolean();

  BiasWorkers(
      int workers,
      int queueMax,
      ScheduledExecutorService timers,
      Ticker ticker,
      BatchListener listener) {
    this.timers = timers;
    this.batcher =
        new MicroBatcher(
            new MicroBatcher.Options(
                "earshot-bias", workers, queueMax, PLANNED, MAX_RUN, Duration.ZERO),
            ticker,
            List.of(requests, ahead),
            listener);
  }

  void awaitReady() throws InterruptedException {
    batcher.awaitReady();
  }

  /**
   * Queues a step that a request waits for.
   *
   * @return false: too much waits, and it will not be done
   */
  boolean forRequest(
      long dueNanos,
      long expiryNanos,
      long expectedNanos,
      BooleanSupplier wanted,
      Runnable work,
      Consumer<Job.Drop> dropped) {
    return offer(requests, new Step(dueNanos, expiryNanos, expectedNanos, wanted, work, dropped));
  }

  /**
   * Queues a step that nobody waits for yet.
   *
   * @return false: too much waits, and it will not be done
   */
  boolean ahead(
      long dueNanos,
      long expectedNanos,
      BooleanSupplier wanted,
      Runnable work,
      Consumer<Job.Drop> dropped) {
    return offer(ahead, new Step(dueNanos, dueNanos, expectedNanos, wanted, work, dropped));
  }

  private boolean offer(Lane<Step> lane, Step step) {
    boolean taken = batcher.offer(lane, step, null, step.expectedNanos());
    if (taken) {
      keepTicking();
    }
    return taken;
  }

  /** Nanoseconds until a step that is due at a time would be begun. */
  long untilBegunNanos(long dueNanos) {
    return batcher.untilBegunNanos(dueNanos);
  }

  int waiting() {
    return batcher.waiting();
  }

  private void keepTicking() {
    if (ticking.compareAndSet(false, true)) {
      var unused = timers.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
    }
  }

  private void tick() {
    ticking.set(false);
    if (batcher.tick()) {
      keepTicking();
    }
  }

  @Override
  public void close() {
    batcher.close();
  }
}
