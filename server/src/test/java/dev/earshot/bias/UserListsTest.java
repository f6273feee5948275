package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.profile.Profiles.Condition;
import dev.earshot.store.FaultyStore;
import dev.earshot.store.Profile.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UserListsTest {
  private static final Condition ANY = new Condition("", true);
  private static final Duration NOT_FRESH = Duration.ofSeconds(61);

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger cuts = new AtomicInteger();
  private final FaultyStore store = new FaultyStore();
  private final Profiles profiles = new Profiles(store, () -> Instant.EPOCH);
  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final UserLists lists =
      new UserLists(
          profiles,
          new ProfileReads(profiles::get, timers, nanos::get, ProfileReads.Limits.DEFAULT),
          new PhraseMaker(),
          task -> {
            cuts.incrementAndGet();
            task.run();
          },
          1 << 20,
          nanos::get,
          StatsCounter.disabledStatsCounter());

  @BeforeEach
  void writeAUser() {
    profiles
        .updateList("ann", "contacts", contacts(20), List.of(), ANY)
        .toCompletableFuture()
        .join();
  }

  @AfterEach
  void close() {
    lists.close();
    timers.shutdownNow();
  }

  private static List<Entry> contacts(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Entry("Meg Bauer" + "abcdefghijklmnopqrst".charAt(i), List.of()))
        .toList();
  }

  private UserLists.Lists lists() {
    return lists.get("ann").join();
  }

  /** The first who asks for what is not fresh any more may get it as it was. */
  private UserLists.Lists readAgain() {
    UserLists.Lists unused = lists();
    return lists();
  }

  @Test
  void cutsUnchangedListsIntoWordsOnceThoughTheyAreReadAgain() {
    UserLists.Lists first = lists();
    int reads = store.readCount();

    nanos.addAndGet(NOT_FRESH.toNanos());
    UserLists.Lists refreshed = readAgain();

    assertThat(store.readCount()).isEqualTo(reads + 1);
    assertThat(cuts).hasValue(1);
    assertThat(refreshed.phrases()).isSameAs(first.phrases());
  }

  @Test
  void findsWhatAnotherServerWroteWhenTheyAreReadAgain() {
    UserLists.Lists first = lists();
    Profiles elsewhere = new Profiles(store, () -> Instant.EPOCH);
    elsewhere
        .updateList("ann", "contacts", List.of(new Entry("Joe Power", List.of())), List.of(), ANY)
        .toCompletableFuture()
        .join();
    assertThat(lists().phrases()).isSameAs(first.phrases());

    nanos.addAndGet(NOT_FRESH.toNanos());
    UserLists.Lists refreshed = readAgain();

    assertThat(refreshed.version()).isEqualTo(first.version() + 1);
    assertThat(cuts).hasValue(2);
  }

  @Test
  void keepsWhatItHasWhereTheStoreFails() {
    UserLists.Lists first = lists();
    store.reads(user -> CompletableFuture.failedFuture(new IllegalStateException("broken")));

    nanos.addAndGet(NOT_FRESH.toNanos());
    UserLists.Lists refreshed = readAgain();

    assertThat(refreshed.phrases()).isSameAs(first.phrases());
  }

  @Test
  void dropsListsWhoseProfileIsGone() {
    assertThat(lists().status()).isEqualTo(UserLists.Lists.Status.FOUND);
    store.reads(user -> CompletableFuture.completedFuture(Optional.empty()));

    nanos.addAndGet(NOT_FRESH.toNanos());
    assertThat(readAgain().status()).isEqualTo(UserLists.Lists.Status.NOT_FOUND);
  }
}
