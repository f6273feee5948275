package dev.earshot.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workers that take what waits as one batch. There is no delay to make batches larger: a worker
 * that is free runs a single job at once, and what arrives while it is busy is the next batch.
 *
 * <p>Thread-safe.
 *
 * @param <J> a job
 */
public final class MicroBatcher<J> implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MicroBatcher.class);

  private final BlockingQueue<J> queue;
  private final int batchMax;
  private final List<Thread> workers = new ArrayList<>();
  private final CountDownLatch ready;
  private volatile boolean closed;

  /**
   * Starts the workers.
   *
   * @param name of their threads
   * @param workers how many run at the same time
   * @param batchMax the most jobs of a batch
   * @param queueMax the most jobs that wait
   * @param runners makes each worker's own, in its thread
   */
  public MicroBatcher(
      String name, int workers, int batchMax, int queueMax, Supplier<BatchRunner<J>> runners) {
    requirePositive("workers", workers);
    requirePositive("batchMax", batchMax);
    requirePositive("queueMax", queueMax);
    this.batchMax = batchMax;
    this.queue = new ArrayBlockingQueue<>(queueMax);
    this.ready = new CountDownLatch(workers);
    for (int i = 0; i < workers; i++) {
      Thread worker = new Thread(() -> work(runners), name + "-" + i);
      worker.setDaemon(true);
      this.workers.add(worker);
    }
    this.workers.forEach(Thread::start);
  }

  /** Waits until every worker has its runner. */
  public void awaitReady() throws InterruptedException {
    ready.await();
  }

  /**
   * Queues a job.
   *
   * @return false if too many wait, or if the batcher is closed; the job is then not run
   */
  public boolean offer(J job) {
    return !closed && queue.offer(job);
  }

  /** How many jobs wait. */
  public int waiting() {
    return queue.size();
  }

  /** Takes no more jobs, runs those that wait, and stops the workers. */
  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    for (Thread worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void work(Supplier<BatchRunner<J>> runners) {
    List<J> batch = new ArrayList<>(batchMax);
    try (BatchRunner<J> runner = runners.get()) {
      ready.countDown();
      while (true) {
        J first = queue.poll(100, TimeUnit.MILLISECONDS);
        if (first == null) {
          if (closed) {
            return;
          }
          continue;
        }
        batch.add(first);
        queue.drainTo(batch, batchMax - 1);
        try {
          runner.run(batch);
        } catch (RuntimeException e) {
          log.error("a batch of {} failed as a whole", batch.size(), e);
        }
        batch.clear();
      }
    } catch (InterruptedException e) {
      // Nobody interrupts a worker but the JVM going down.
      Thread.currentThread().interrupt();
    } finally {
      ready.countDown();
    }
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
    }
  }
}
