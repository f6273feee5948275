package dev.earshot.bias;

import dev.earshot.batch.BatchListener;
import dev.earshot.batch.Job;
import dev.earshot.batch.Job.Drop;
import dev.earshot.batch.Lane;
import dev.earshot.batch.MicroBatcher;
import dev.earshot.core.Foreground;
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
 * <p>What is computed ahead is done in spare time: it is begun while the requests under way leave a
 * core, on threads that lose theirs to any other, so that it costs no request its deadline. What
 * spare time was too short for is done like a request's work when it is nearly due.
 *
 * <p>Thread-safe.
 */
final class BiasWorkers implements AutoCloseable {
  private static final Duration PLANNED = Duration.ofMillis(4);
  private static final Duration MAX_RUN = Duration.ofMillis(100);
  private static final long TICK_NANOS = Duration.ofMillis(2).toNanos();

  /**
   * How long before it is due a step no longer waits for spare time: some tens of turns can be made
   * ready in that.
   */
  private static final long NEARLY_DUE_NANOS = Duration.ofMillis(250).toNanos();

  private final Lane<Step> requests = new Lane<>("bias", 1, StepRunner::new);
  private final Lane<Step> soon = new Lane<>("window", 1, StepRunner::new);
  private final Lane<Step> ahead = new Lane<>("window_spare", 1, StepRunner::new);
  private final MicroBatcher workers;
  private final MicroBatcher spare;
  private final ScheduledExecutorService timers;
  private final Ticker ticker;
  private final AtomicBoolean ticking = new AtomicBoolean();

  BiasWorkers(
      int workers,
      int queueMax,
      ScheduledExecutorService timers,
      Ticker ticker,
      Foreground foreground,
      BatchListener listener) {
    this.timers = timers;
    this.ticker = ticker;
    this.workers =
        new MicroBatcher(
            new MicroBatcher.Options(
                "earshot-bias", workers, queueMax, PLANNED, MAX_RUN, Duration.ZERO),
            ticker,
            List.of(requests, soon),
            listener);
    this.spare =
        new MicroBatcher(
            new MicroBatcher.Options(
                "earshot-window", workers, queueMax, PLANNED, MAX_RUN, Duration.ZERO, foreground),
            ticker,
            List.of(ahead),
            listener);
  }

  void awaitReady() throws InterruptedException {
    workers.awaitReady();
    spare.awaitReady();
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
    return offer(
        workers, requests, new Step(dueNanos, expiryNanos, expectedNanos, wanted, work, dropped));
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
    long until = dueNanos - NEARLY_DUE_NANOS;
    if (until - ticker.nanoTime() <= expectedNanos) {
      return nearlyDue(dueNanos, expectedNanos, wanted, work, dropped);
    }
    return offer(
        spare,
        ahead,
        new Step(
            until,
            dueNanos,
            expectedNanos,
            wanted,
            work,
            why -> {
              if (why == Drop.FAILED
                  || !nearlyDue(dueNanos, expectedNanos, wanted, work, dropped)) {
                dropped.accept(why);
              }
            }));
  }

  /**
   * Queues a step that nobody waits for yet, and that spare time is too short for.
   *
   * @return false: too much waits, and it will not be done
   */
  boolean nearlyDue(
      long dueNanos,
      long expectedNanos,
      BooleanSupplier wanted,
      Runnable work,
      Consumer<Job.Drop> dropped) {
    return offer(workers, soon, new Step(dueNanos, dueNanos, expectedNanos, wanted, work, dropped));
  }

  private boolean offer(MicroBatcher to, Lane<Step> lane, Step step) {
    boolean taken = to.offer(lane, step, null, step.expectedNanos());
    if (taken) {
      keepTicking();
    }
    return taken;
  }

  /** Nanoseconds until a step that a request waits for, and that is due at a time, is begun. */
  long untilBegunNanos(long dueNanos) {
    return workers.untilBegunNanos(dueNanos);
  }

  int waiting() {
    return workers.waiting() + spare.waiting();
  }

  private void keepTicking() {
    if (ticking.compareAndSet(false, true)) {
      var unused = timers.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
    }
  }

  private void tick() {
    ticking.set(false);
    boolean isBusy = workers.tick();
    isBusy |= spare.tick();
    if (isBusy) {
      keepTicking();
    }
  }

  @Override
  public void close() {
    workers.close();
    spare.close();
  }
}
