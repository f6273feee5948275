package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.batch.BatchListener;
import dev.earshot.batch.Job.Drop;
import dev.earshot.core.Foreground;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BiasWorkersTest {
  private static final long MS = Duration.ofMillis(1).toNanos();
  private static final String SPARE = "earshot-window-0";
  private static final String ORDINARY = "earshot-bias-0";

  private final AtomicLong now = new AtomicLong();
  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final Foreground foreground = new Foreground(1);
  private final BiasWorkers workers =
      new BiasWorkers(1, 10, timers, now::get, foreground, BatchListener.NONE);
  private final BlockingQueue<String> threads = new LinkedBlockingQueue<>();
  private final BlockingQueue<Drop> drops = new LinkedBlockingQueue<>();
  private final CountDownLatch go = new CountDownLatch(1);

  @BeforeEach
  void start() throws InterruptedException {
    workers.awaitReady();
  }

  @AfterEach
  void stop() {
    go.countDown();
    workers.close();
    timers.shutdownNow();
  }

  @Test
  void worksAheadInSpareTime() throws Exception {
    ahead(1_000 * MS);

    assertThat(next()).isEqualTo(SPARE);
  }

  @Test
  void beginsNothingAheadWhileARequestNeedsTheCore() throws Exception {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    foreground.add(answer);
    ahead(1_000 * MS);
    boolean taken =
        workers.forRequest(1_000 * MS, 1_000 * MS, MS, () -> true, this::noteThread, drops::add);

    assertThat(taken).isTrue();
    assertThat(next()).isEqualTo(ORDINARY);

    answer.complete(null);

    assertThat(next()).isEqualTo(SPARE);
  }

  @Test
  void doesNotWaitForEverWhileRequestsNeedTheCore() throws Exception {
    foreground.add(new CompletableFuture<>());
    ahead(1_000 * MS);

    now.set(800 * MS);

    assertThat(next()).isEqualTo(ORDINARY);
    assertThat(drops).isEmpty();
  }

  @Test
  void doesNotWaitForSpareTimeWhenNearlyDue() throws Exception {
    ahead(200 * MS);

    assertThat(next()).isEqualTo(ORDINARY);
  }

  @Test
  void doesARequestsWorkAtOnce() throws Exception {
    boolean taken =
        workers.forRequest(1_000 * MS, 1_000 * MS, MS, () -> true, this::noteThread, drops::add);

    assertThat(taken).isTrue();
    assertThat(next()).isEqualTo(ORDINARY);
  }

  @Test
  void takesUpWhatSpareTimeWasTooShortFor() throws Exception {
    holdSpareTime();
    ahead(1_000 * MS);

    now.set(800 * MS);

    assertThat(next()).isEqualTo(ORDINARY);
    assertThat(drops).isEmpty();
  }

  @Test
  void saysWhatCouldNotBeDoneInTime() throws Exception {
    holdSpareTime();
    holdOrdinaryWorker();
    ahead(1_000 * MS);

    now.set(1_100 * MS);

    assertThat(drops.poll(10, TimeUnit.SECONDS)).isIn(Drop.EXPIRED, Drop.TOO_LATE);
    assertThat(threads).isEmpty();
  }

  private void holdSpareTime() throws InterruptedException {
    boolean taken = workers.ahead(1_000_000 * MS, MS, () -> true, this::hold, drops::add);
    assertThat(taken).isTrue();
    assertThat(next()).isEqualTo(SPARE);
  }

  private void holdOrdinaryWorker() throws InterruptedException {
    boolean taken =
        workers.forRequest(1_000_000 * MS, 1_000_000 * MS, MS, () -> true, this::hold, drops::add);
    assertThat(taken).isTrue();
    assertThat(next()).isEqualTo(ORDINARY);
  }

  private void ahead(long dueNanos) {
    assertThat(workers.ahead(dueNanos, MS, () -> true, this::noteThread, drops::add)).isTrue();
  }

  private void noteThread() {
    threads.add(Thread.currentThread().getName());
  }

  private void hold() {
    noteThread();
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String next() throws InterruptedException {
    return String.valueOf(threads.poll(10, TimeUnit.SECONDS));
  }
}
