package dev.earshot.batch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A runner that holds its worker until it is let go, and notes each batch. A batch of n jobs takes
 * {@code a·n + b} by its plan, on a clock that nobody moves but the test.
 */
final class HeldRunner implements BatchRunner<TestJob> {
  final List<List<String>> batches = Collections.synchronizedList(new ArrayList<>());
  final Semaphore begun = new Semaphore(0);
  final Semaphore go = new Semaphore(0);
  private final long a;
  private final long b;
  final AtomicInteger terminations = new AtomicInteger();
  final AtomicInteger resumptions = new AtomicInteger();
  volatile boolean closed;
  volatile boolean canBeTerminated = true;

  /** A batch will hardly exceed so many times what it is expected to take. */
  volatile int boundTimes = 1;

  /** Run when a batch is computed and not yet over. */
  volatile Runnable handingOver = () -> {};

  HeldRunner(long a, long b) {
    this.a = a;
    this.b = b;
  }

  /** Waits until another batch runs. */
  void awaitBegun() throws InterruptedException {
    if (!begun.tryAcquire(20, TimeUnit.SECONDS)) {
      throw new AssertionError("no batch was begun");
    }
  }

  @Override
  public BatchPlan<TestJob> plan() {
    return new Plan();
  }

  @Override
  public void run(List<TestJob> jobs, Runnable computed) {
    batches.add(jobs.stream().map(TestJob::toString).toList());
    begun.release();
    try {
      if (!go.tryAcquire(20, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody let it go");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    computed.run();
    handingOver.run();
    if (jobs.stream().anyMatch(job -> job.name.equals("fails"))) {
      throw new IllegalStateException("a job that fails");
    }
  }

  @Override
  public boolean terminate() {
    terminations.incrementAndGet();
    if (canBeTerminated) {
      go.release();
    }
    return canBeTerminated;
  }

  @Override
  public void resume() {
    resumptions.incrementAndGet();
  }

  @Override
  public void close() {
    closed = true;
  }

  private final class Plan implements BatchPlan<TestJob> {
    private int jobs;

    @Override
    public void clear() {
      jobs = 0;
    }

    @Override
    public void add(TestJob job) {
      jobs++;
    }

    @Override
    public long expectedWith(TestJob job) {
      return a * (jobs + 1) + b;
    }

    @Override
    public long boundWith(TestJob job) {
      return boundTimes * expectedWith(job);
    }

    @Override
    public long expected() {
      return a * jobs + b;
    }

    @Override
    public long bound() {
      return boundTimes * expected();
    }
  }
}
