package dev.earshot.batch;

import dev.earshot.batch.Job.Drop;
import dev.earshot.core.Foreground;
import dev.earshot.core.Precedence;
import dev.earshot.deadline.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workers that take what waits as batches, earliest deadline first.
 *
 * <p>A free worker runs a single job at once; what arrives while all are busy forms the next
 * batches. A batch takes the jobs that are due first, and as many as leave each of them its
 * deadline by what the lane's plan predicts. What is expired, not wanted any more, or could not be
 * done in time even alone is dropped before it costs anything.
 *
 * <p>{@link #tick} is to be called every few milliseconds while there is work: it drops what
 * expired while all workers were busy, and terminates runs that take too long, where their runner
 * can.
 *
 * <p>Thread-safe.
 */
public final class MicroBatcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MicroBatcher.class);

  /** A run may take so many times what it was hardly to exceed before it is terminated. */
  private static final int BOUNDS_ALLOWED = 2;

  /** How often a worker that keeps out of requests' way looks whether they leave it a core. */
  private static final long LOOK_NANOS = 300_000;

  private final Options options;
  private final Ticker ticker;
  private final BatchListener listener;
  private final IdentityHashMap<Lane<?>, LaneQueue<?>> lanes = new IdentityHashMap<>();
  private final List<LaneQueue<?>> queues = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private final CountDownLatch ready;
  private final Margin margin;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition available = lock.newCondition();

  /** Guarded by the lock. */
  private final QueuedCost queuedCost = new QueuedCost();

  /** Guarded by the lock. */
  private long sequence;

  /** Workers that wait for a job. Guarded by the lock. */
  private int idle;

  /** Guarded by the lock. */
  private boolean closed;

  /** Workers that wait for a batch to fill. Guarded by the lock. */
  private int lingering;

  /** Guarded by the lock. */
  private int queued;

  /** {@link #queued}, for those who do not hold the lock. */
  private volatile int waiting;

  /**
   * How the workers work.
   *
   * @param name of their threads
   * @param workers how many run at the same time
   * @param queueMax the most jobs that wait
   * @param plannedRun what a batch of more than one job may be expected to take: it is how long an
   *     urgent job may have to wait for the batch before it
   * @param maxRun what a run may take before it is terminated, unless more was predicted
   * @param linger how long a job may be kept for others to join it; zero: not at all
   * @param keepsOutOf requests that go before: the workers begin nothing that these leave no core
   *     for, and get one only as long as no other thread wants it; null: they share the cores with
   *     all others alike
   */
  public record Options(
      String name,
      int workers,
      int queueMax,
      Duration plannedRun,
      Duration maxRun,
      Duration linger,
      @Nullable Foreground keepsOutOf) {
    public Options {
      requirePositive("workers", workers);
      requirePositive("queueMax", queueMax);
    }

    /** Workers that share the cores with all others alike. */
    public Options(
        String name,
        int workers,
        int queueMax,
        Duration plannedRun,
        Duration maxRun,
        Duration linger) {
      this(name, workers, queueMax, plannedRun, maxRun, linger, null);
    }
  }

  /** Starts the workers. */
  public MicroBatcher(
      Options options, Ticker ticker, List<? extends Lane<?>> lanes, BatchListener listener) {
    this.options = options;
    this.ticker = ticker;
    this.listener = listener;
    this.ready = new CountDownLatch(options.workers);
    this.margin = new Margin(ticker);
    for (Lane<?> lane : lanes) {
      LaneQueue<?> queue = new LaneQueue<>(lane);
      this.lanes.put(lane, queue);
      queues.add(queue);
    }
    for (int i = 0; i < options.workers; i++) {
      workers.add(new Worker(options.name + "-" + i));
    }
    workers.forEach(worker -> worker.thread.start());
  }

  /** Waits until every worker has its runners and has waited for work. */
  public void awaitReady() throws InterruptedException {
    ready.await();
  }

  /**
   * Queues a job.
   *
   * @param share whose it is; null: nobody is charged, as for background work
   * @param costNanos what it is expected to add to the wait of those behind it
   * @return false if too many wait, or if the batcher is closed; the job is then not run
   */
  public <J extends Job> boolean offer(
      Lane<J> lane, J job, Callers.@Nullable Share share, long costNanos) {
    LaneQueue<J> queue = queue(lane);
    lock.lock();
    try {
      if (closed || queued >= options.queueMax) {
        return false;
      }
      job.sequence = sequence++;
      job.share = share;
      job.costNanos = costNanos;
      queuedCost.add(job, ticker.nanoTime());
      if (share != null) {
        share.charge(costNanos);
      }
      queue.jobs.add(job);
      waiting = ++queued;
      if (idle + lingering > 0) {
        available.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("unchecked") // Put there under a lane of the same type.
  private <J extends Job> LaneQueue<J> queue(Lane<J> lane) {
    LaneQueue<?> queue = lanes.get(lane);
    if (queue == null) {
      throw new IllegalArgumentException("lane: " + lane.name() + " (expected: one of its own)");
    }
    return (LaneQueue<J>) queue;
  }

  /** How many jobs wait. */
  public int waiting() {
    return waiting;
  }

  /** Follows how many of the admitted requests, those with a share, come to nothing. */
  Margin margin() {
    return margin;
  }

  /**
   * Whether jobs come faster than one by one: all workers are at work, and there is a job that
   * waits, or that had to wait and shares its run.
   */
  public boolean isBehind() {
    boolean shared = waiting > 0;
    for (Worker worker : workers) {
      int engaged = worker.engaged;
      if (engaged == 0) {
        return false;
      }
      shared |= engaged > 1;
    }
    return shared;
  }

  /** How many workers run at the same time. */
  public int workers() {
    return workers.size();
  }

  /** Nanoseconds until a worker is free, by what the running batches may still take. */
  public long untilFreeNanos() {
    long now = ticker.nanoTime();
    long least = Long.MAX_VALUE;
    for (Worker worker : workers) {
      least = Math.min(least, worker.remainingNanos(now));
    }
    return least;
  }

  /**
   * Nanoseconds until a job that is due at a time would be begun, were it queued now: what the
   * running batches may still take and what is due before it, shared by the workers.
   */
  public long untilBegunNanos(long dueNanos) {
    long now = ticker.nanoTime();
    long sum = 0;
    for (Worker worker : workers) {
      long remaining = worker.remainingNanos(now);
      if (remaining == 0 && waiting == 0) {
        return 0;
      }
      sum += remaining;
    }
    if (waiting > 0) {
      lock.lock();
      try {
        sum += queuedCost.before(dueNanos, now);
      } finally {
        lock.unlock();
      }
    }
    return sum / workers.size();
  }

  /**
   * Drops jobs whose time is over, waiting or running, and terminates runs that take too long.
   *
   * @return whether there is work, so that it must be called again
   */
  public boolean tick() {
    long now = ticker.nanoTime();
    List<Job> expired = new ArrayList<>();
    boolean busy = false;
    if (!lock.tryLock()) {
      // A worker in spare time may hold it for long, and the next tick will do.
      return true;
    }
    try {
      for (LaneQueue<?> queue : queues) {
        queue.takeExpired(now, expired);
        busy |= !queue.jobs.isEmpty();
      }
    } finally {
      lock.unlock();
    }
    for (Worker worker : workers) {
      busy |= worker.tick(now, expired);
    }
    expired.forEach(job -> job.drop(Drop.EXPIRED));
    return busy;
  }

  /** Takes no more jobs, runs those that wait, and stops the workers. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      available.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    for (Worker worker : workers) {
      while (worker.thread.isAlive()) {
        try {
          worker.thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Accounts for a job that leaves the queue. Under the lock. */
  private void left(Job job) {
    waiting = --queued;
    queuedCost.remove(job);
    if (job.share != null) {
      job.share.charge(-job.costNanos);
    }
  }

  /** The waiting jobs of a lane. Guarded by the lock. */
  private final class LaneQueue<J extends Job> {
    final Lane<J> lane;

    /** Differences, since the clock may wrap around. */
    final PriorityQueue<J> jobs =
        new PriorityQueue<>(
            64,
            (a, b) -> {
              int byDue = Long.signum(a.dueNanos() - b.dueNanos());
              return byDue != 0 ? byDue : Long.compare(a.sequence, b.sequence);
            });

    LaneQueue(Lane<J> lane) {
      this.lane = lane;
    }

    J take() {
      J job = jobs.remove();
      left(job);
      return job;
    }

    void takeExpired(long now, List<Job> expired) {
      for (J head = jobs.peek(); head != null; head = jobs.peek()) {
        if (!head.isWanted()) {
          take();
        } else if (head.dueNanos() - now <= 0) {
          drop(Drop.EXPIRED, expired);
        } else {
          return;
        }
      }
    }

    private void drop(Drop why, List<Job> dropped) {
      J job = take();
      listener.dropped(lane.name(), why);
      if (job.share != null) {
        margin.missed();
      }
      dropped.add(job);
    }

    /**
     * What must be left to a job for it to lead a batch: its own time; but that of a planned batch
     * where more than a full one waits. What is nearly due allows only a small batch, at the cost
     * of a whole run: the others would be late for the one.
     */
    private long leastSlack(BatchPlan<J> plan, J head) {
      long alone = plan.expectedWith(head);
      return jobs.size() > lane.batchMax() ? Math.max(alone, options.plannedRun.toNanos()) : alone;
    }

    /**
     * Takes the next batch.
     *
     * @param tooLate gets the jobs that could not be done in time even alone
     */
    void takeBatch(BatchPlan<J> plan, List<J> batch, List<Job> expired, List<Job> tooLate) {
      long now = ticker.nanoTime();
      // What waits is shared with the workers that have nothing to do.
      int limit = Math.min(lane.batchMax(), (jobs.size() + idle) / (1 + idle));
      plan.clear();
      while (batch.size() < limit) {
        takeExpired(now, expired);
        J head = jobs.peek();
        if (head == null) {
          return;
        }
        if (batch.isEmpty()) {
          if (now + leastSlack(plan, head) - head.dueNanos() > 0) {
            drop(Drop.TOO_LATE, tooLate);
            continue;
          }
        } else {
          // How long a worker is held is a matter of many runs: what is expected counts. Were it
          // the
          // bound, a disturbed machine would run small batches, when it can least afford them.
          // Of the members the first is due before the others.
          if (plan.expectedWith(head) > options.plannedRun.toNanos()
              || now + plan.boundWith(head) - batch.get(0).dueNanos() > 0) {
            return;
          }
        }
        plan.add(head);
        batch.add(take());
      }
    }
  }

  /** A thread, and what it runs. */
  private final class Worker {
    final Thread thread;

    /** While a run goes on: when it is expected to end at the latest; else 0. */
    private volatile long boundNanos;

    /** While a run goes on: when it is terminated. */
    private volatile long killNanos;

    /** How many run. */
    private volatile int jobs;

    /**
     * How many it has to do with: those that run, until they are computed if nothing waits, else
     * until the next ones run.
     */
    private volatile int engaged;

    private final Runnable computed = this::disengageUnlessMoreWaits;

    /** What runs now. Guarded by this. */
    private @Nullable Station<?> current;

    /** After what time the current run is terminated. Guarded by this. */
    private long limitNanos;

    /** Whether the current run has taken longer than that. Guarded by this. */
    private boolean tooLong;

    /** Whether the current run is to end. Guarded by this. */
    private boolean terminated;

    /** Read and written by the thread alone. */
    private boolean hasWaited;

    Worker(String name) {
      thread = new Thread(this::work, name);
      thread.setDaemon(true);
    }

    long remainingNanos(long now) {
      if (jobs == 0) {
        return 0;
      }
      long remaining = boundNanos - now;
      if (remaining >= 0) {
        return remaining;
      }
      // It takes longer than foreseen; as much again as it is over, until it is terminated.
      return Math.max(0, Math.min(-remaining, killNanos - now));
    }

    private void work() {
      if (options.keepsOutOf != null) {
        Precedence.SPARE_TIME.enter();
      } else {
        Precedence.WORKER.enter();
      }
      List<Station<?>> stations = new ArrayList<>();
      try {
        for (LaneQueue<?> queue : queues) {
          stations.add(new Station<>(queue));
        }
        while (true) {
          Station<?> station = await(stations);
          if (station == null) {
            return;
          }
          station.runNext(this);
        }
      } catch (InterruptedException e) {
        // Nobody interrupts a worker but the JVM going down.
        Thread.currentThread().interrupt();
      } finally {
        if (!hasWaited) {
          ready.countDown();
        }
        stations.forEach(Station::close);
      }
    }

    /** Waits for work; returns where the earliest is, with its batch taken; null: the end. */
    private @Nullable Station<?> await(List<Station<?>> stations) throws InterruptedException {
      lock.lock();
      try {
        while (true) {
          Station<?> earliest = earliest(stations);
          if (earliest != null && keepsOut()) {
            long unused = available.awaitNanos(LOOK_NANOS);
            continue;
          }
          if (earliest != null) {
            linger(earliest);
            // Others may have taken it all meanwhile.
            if (earliest.queue.jobs.isEmpty()) {
              continue;
            }
            earliest.take();
            if (queued > 0 && idle > 0) {
              available.signal();
            }
            return earliest;
          }
          if (closed) {
            return null;
          }
          if (engaged > 0) {
            // What waited has come to nothing, or another worker has taken it.
            engaged = 0;
            listener.caughtUp();
          }
          idle++;
          if (!hasWaited) {
            hasWaited = true;
            ready.countDown();
          }
          try {
            available.await();
          } finally {
            idle--;
          }
        }
      } finally {
        lock.unlock();
      }
    }

    private boolean keepsOut() {
      return options.keepsOutOf != null && !options.keepsOutOf.leavesACore() && !closed;
    }

    private @Nullable Station<?> earliest(List<Station<?>> stations) {
      Station<?> earliest = null;
      long due = 0;
      for (Station<?> station : stations) {
        Job head = station.queue.jobs.peek();
        if (head != null && (earliest == null || head.dueNanos() - due < 0)) {
          earliest = station;
          due = head.dueNanos();
        }
      }
      return earliest;
    }

    /** Waits for a fuller batch, as long as that is wanted and the first job can afford it. */
    private void linger(Station<?> station) throws InterruptedException {
      long left = options.linger.toNanos();
      while (left > 0 && !closed && station.queue.jobs.size() < station.queue.lane.batchMax()) {
        long slack = station.slackNanos();
        if (slack <= 0) {
          return;
        }
        lingering++;
        try {
          long wait = Math.min(left, slack);
          left -= wait - Math.max(0, available.awaitNanos(wait));
        } finally {
          lingering--;
        }
      }
    }

    private synchronized void begin(Station<?> station, int size, long now, long bound) {
      boundNanos = now + bound;
      limitNanos = Math.max(options.maxRun.toNanos(), BOUNDS_ALLOWED * bound);
      killNanos = now + limitNanos;
      current = station;
      tooLong = false;
      terminated = false;
      jobs = size;
      engaged = size;
    }

    private synchronized boolean end() {
      jobs = 0;
      current = null;
      return terminated;
    }

    private void disengageUnlessMoreWaits() {
      if (waiting == 0) {
        engaged = 0;
      }
    }

    /** See {@link MicroBatcher#tick}. */
    synchronized boolean tick(long now, List<Job> expired) {
      if (current == null) {
        return false;
      }
      current.addExpired(now, expired);
      if (!tooLong && now - killNanos >= 0) {
        tooLong = true;
        // Until it is known better: a runner that throws may be half-way, and has to resume.
        terminated = true;
        terminated = current.terminate(limitNanos);
      }
      return true;
    }
  }

  /** One worker's part of a lane. Used by its thread, unless said otherwise. */
  private final class Station<J extends Job> {
    final LaneQueue<J> queue;
    private final BatchRunner<J> runner;
    private final BatchPlan<J> plan;
    private final List<J> batch;
    private final List<Job> expired = new ArrayList<>();
    private final List<Job> tooLate = new ArrayList<>();

    /** Whether it was logged that a run cannot be terminated. Guarded by the worker. */
    private boolean loggedUnending;

    Station(LaneQueue<J> queue) {
      this.queue = queue;
      this.batch = new ArrayList<>(queue.lane.batchMax());
      this.runner = queue.lane.runners().get();
      this.plan = runner.plan();
    }

    /** Under the lock. */
    long slackNanos() {
      J head = queue.jobs.peek();
      if (head == null) {
        return 0;
      }
      plan.clear();
      return head.dueNanos() - ticker.nanoTime() - 2 * plan.boundWith(head);
    }

    /** Under the lock. */
    void take() {
      queue.takeBatch(plan, batch, expired, tooLate);
    }

    void runNext(Worker worker) {
      expired.forEach(job -> job.drop(Drop.EXPIRED));
      expired.clear();
      tooLate.forEach(job -> job.drop(Drop.TOO_LATE));
      tooLate.clear();
      if (batch.isEmpty()) {
        return;
      }
      long expected = plan.expected();
      long start = ticker.nanoTime();
      worker.begin(this, batch.size(), start, plan.bound());
      try {
        runner.run(batch, worker.computed);
      } catch (RuntimeException | Error e) {
        // A worker lives as long as the server: who waits is told, and the next batch may succeed.
        log.error("a batch of {} failed as a whole", batch.size(), e);
        batch.forEach(job -> job.drop(Drop.FAILED));
      } finally {
        boolean terminated = worker.end();
        worker.disengageUnlessMoreWaits();
        if (worker.engaged == 0) {
          listener.caughtUp();
        }
        if (terminated) {
          runner.resume();
        }
        listener.ran(
            queue.lane.name(), batch.size(), expected, ticker.nanoTime() - start, terminated);
        batch.clear();
      }
    }

    /** From any thread, while the batch runs and is not changed. */
    void addExpired(long now, List<Job> all) {
      for (J job : batch) {
        if (job.isWanted() && job.expiryNanos() - now <= 0) {
          all.add(job);
        }
      }
    }

    /**
     * From any thread, while the batch runs.
     *
     * @return whether it ends by that
     */
    boolean terminate(long limitNanos) {
      boolean ends = runner.terminate();
      if (ends) {
        log.warn(
            "a batch of {} of {} took longer than {} ms and is terminated",
            batch.size(),
            queue.lane.name(),
            millis(limitNanos));
      } else if (!loggedUnending) {
        // On a machine with too much other work it may be true of very many.
        loggedUnending = true;
        log.warn(
            "a batch of {} of {} took longer than {} ms and cannot be terminated; no more of them are"
                + " logged",
            batch.size(),
            queue.lane.name(),
            millis(limitNanos));
      }
      return ends;
    }

    void close() {
      runner.close();
    }
  }

  private static double millis(long nanos) {
    return Math.round(nanos / 1e4) / 100.0;
  }

  static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
    }
  }
}
