package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.batch.BatchListener;
import dev.earshot.core.Foreground;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.Retention;
import dev.earshot.store.StoredProfiles;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PreparationTest {
  private static final long MS = Duration.ofMillis(1).toNanos();
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);
  private static final Preparation.Order OF_NOTHING =
      new Preparation.Order(null, "", "", "", 10, Optional.empty(), Optional.empty());

  private final AtomicLong now = new AtomicLong();
  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final MemoryStore store = new MemoryStore(CLOCK, Retention.DEFAULT);
  private final Foreground foreground = new Foreground(1);
  private final BiasWorkers workers =
      new BiasWorkers(1, 10, timers, now::get, foreground, BatchListener.NONE);
  private final CountDownLatch held = new CountDownLatch(1);
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
    store.close();
  }

  @Test
  void isNotGivenUpWhileARequestHasTimeForIt() throws Exception {
    foreground.add(new CompletableFuture<>());
    holdTheWorker();
    Preparation preparation = new Preparation(OF_NOTHING, tools(), 1_000 * MS, false);
    preparation.begin();
    preparation.expedite(60_000 * MS);

    for (int i = 0; i < 10; i++) {
      now.addAndGet(1_100 * MS);
      awaitTicks();
    }
    go.countDown();

    assertThat(preparation.done().get(10, TimeUnit.SECONDS).missing().values())
        .doesNotContain(Reason.OVERLOAD);
  }

  @Test
  void isGivenUpInTheEndWhereNobodyWaitsForIt() throws Exception {
    foreground.add(new CompletableFuture<>());
    holdTheWorker();
    Preparation preparation = new Preparation(OF_NOTHING, tools(), 1_000 * MS, false);
    preparation.begin();

    for (int i = 0; i < 10; i++) {
      now.addAndGet(1_100 * MS);
      awaitTicks();
    }

    assertThat(preparation.done().get(10, TimeUnit.SECONDS).missing().values())
        .contains(Reason.OVERLOAD);
  }

  private void holdTheWorker() throws InterruptedException {
    long never = 1_000_000 * MS;
    boolean taken =
        workers.forRequest(
            never,
            never,
            MS,
            () -> true,
            () -> {
              held.countDown();
              try {
                go.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            why -> {});
    assertThat(taken).isTrue();
    held.await();
  }

  /** Until the workers' ticks, which come every 2 ms on the same thread, have seen the clock. */
  private void awaitTicks() throws Exception {
    for (int i = 0; i < 3; i++) {
      timers.schedule(() -> {}, 3, TimeUnit.MILLISECONDS).get(10, TimeUnit.SECONDS);
    }
  }

  private Preparation.Tools tools() {
    Profiles profiles = new Profiles(new StoredProfiles(store.profiles()), CLOCK);
    PhraseMaker maker = new PhraseMaker();
    UserLists lists =
        new UserLists(
            profiles,
            new ProfileReads(profiles::get, timers, now::get, ProfileReads.Limits.DEFAULT),
            maker,
            Runnable::run,
            1 << 20,
            now::get,
            StatsCounter.disabledStatsCounter());
    return new Preparation.Tools(
        new DialogueReads(store.context()),
        lists,
        maker,
        BiasModels.NONE,
        workers,
        new BiasCosts(now::get),
        timers,
        now::get);
  }
}
