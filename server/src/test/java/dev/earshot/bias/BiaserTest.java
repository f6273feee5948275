package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.core.Foreground;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TimerError;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.rescore.NBest;
import dev.earshot.rescore.RescoreMode;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.Retention;
import dev.earshot.store.StoredProfiles;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BiaserTest {
  private static final long MS = Duration.ofMillis(1).toNanos();
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);
  private static final BiasQuery OF_NOTHING = new BiasQuery("", "", "", List.of(), 10, "");

  private final AtomicLong now = new AtomicLong();
  private final Ticker ticker = now::get;
  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final MemoryStore store = new MemoryStore(CLOCK, Retention.DEFAULT);
  private final Foreground foreground = new Foreground(1);
  private final Biaser biaser = biaser();

  private Biaser biaser() {
    Profiles profiles = new Profiles(new StoredProfiles(store.profiles()), CLOCK);
    PhraseMaker maker = new PhraseMaker();
    UserLists lists =
        new UserLists(
            profiles,
            new ProfileReads(profiles::get, timers, ticker, ProfileReads.Limits.DEFAULT),
            maker,
            Runnable::run,
            1 << 20,
            ticker,
            StatsCounter.disabledStatsCounter());
    return new Biaser(
        store.context(),
        lists,
        maker,
        BiasModels.NONE,
        new Biaser.Clockwork(timers, new TimerError(ticker), ticker, CLOCK, foreground),
        Biaser.Listeners.NONE,
        new Biaser.Options(1, 16, 1 << 20));
  }

  @AfterEach
  void stop() {
    biaser.close();
    timers.shutdownNow();
    store.close();
  }

  @Test
  void keepsBackWhatHandingAnAnswerOverTakes() {
    answers(100, 1);
    assertThat(biaser.reserveNanos()).isLessThan(9 * MS);

    answers(100, 9);
    assertThat(biaser.reserveNanos()).isGreaterThanOrEqualTo(9 * MS);
  }

  @Test
  void keepsNothingBackOfABiasForWhatHandingRescoredListsOverTakes() {
    answers(100, 1);

    for (int i = 0; i < 100; i++) {
      Budget budget = Budget.startingNow(ticker, Duration.ofSeconds(1));
      RescoreAnswer rescored =
          biaser
              .rescore(
                  new BiasTurn(OF_NOTHING),
                  new NBest(List.of(new NBest.Hypothesis("power", -1)), 1),
                  RescoreMode.REORDER,
                  budget)
              .join();
      now.addAndGet(9 * MS);
      biaser.handedOver(rescored, budget);
    }

    assertThat(biaser.reserveNanos()).isLessThan(9 * MS);
  }

  @Test
  void leavesTheCoreToOthersOnceItHasAnswered() {
    answers(1, 1);

    assertThat(foreground.leavesACore()).isTrue();
  }

  private void answers(int count, long millisToHandOver) {
    for (int i = 0; i < count; i++) {
      Budget budget = Budget.startingNow(ticker, Duration.ofSeconds(1));
      Bias bias = biaser.bias(new BiasTurn(OF_NOTHING), budget).join();
      now.addAndGet(millisToHandOver * MS);
      biaser.handedOver(bias, budget);
    }
  }
}
