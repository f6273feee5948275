package dev.earshot.shortlist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.batch.BatchListener;
import dev.earshot.batch.Job;
import dev.earshot.catalog.ServedModel;
import dev.earshot.core.Foreground;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Missing;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.deadline.Refusal;
import dev.earshot.deadline.TimerError;
import dev.earshot.model.Bundles;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.ShortlistModel;
import dev.earshot.model.StallingModel;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.profile.Profiles.Condition;
import dev.earshot.shortlist.ShortlistQuery.WeightedText;
import dev.earshot.store.FaultyStore;
import dev.earshot.store.Profile;
import dev.earshot.store.StoreException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ShortlisterTest {
  private static final Duration SLO = Duration.ofMillis(15);
  private static final String SKILL = "snips.GetWeather";

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static OnnxShortlistModel model;

  private final ManualTimers time = new ManualTimers();
  private final FaultyStore store = new FaultyStore();
  private final Profiles profiles = new Profiles(store, InstantSource.system());
  private final ProfileReads reads =
      new ProfileReads(
          profiles::get,
          time,
          time::nanoTime,
          new ProfileReads.Limits(Duration.ofMillis(250), Duration.ofSeconds(1)));
  private final TimerError timerError = new TimerError(time::nanoTime);

  /** One for each batch that was run. */
  private final Semaphore runs = new Semaphore(0);

  @SuppressWarnings("NullAway.Init") // Set before each test.
  private Shortlister shortlister;

  @BeforeAll
  static void load() throws Exception {
    model = Bundles.load();
  }

  @AfterAll
  static void unload() {
    model.close();
  }

  @BeforeEach
  void start() throws Exception {
    shortlister = shortlister(model);
  }

  private Shortlister shortlister(ShortlistModel served) throws Exception {
    return new Shortlister(
        new ServedModel(served, 3),
        next ->
            new UserSummaries(
                profiles,
                reads,
                next,
                1 << 20,
                time::nanoTime,
                StatsCounter.disabledStatsCounter()),
        new Shortlister.Clockwork(time, timerError, time::nanoTime, new Foreground(1)),
        new Runs(),
        new Shortlister.Options(1, 4, 16, SLO, Duration.ZERO, Duration.ZERO));
  }

  @AfterEach
  void close() {
    shortlister.close();
  }

  @Test
  void answersContextFreeWhenTheStoreHangs() throws Exception {
    store.reads(userId -> new CompletableFuture<>());
    long patience = SLO.toNanos() - shortlister.reserveNanos();
    CompletableFuture<Shortlist> answer = ask("u");
    // Encoded: else it would be taken for a run that does not end when the clock is moved.
    runs.acquire();
    time.advance(patience - 1);
    assertThat(answer).isNotDone();

    time.advance(1);
    assertThat(answer.join().degradation()).isEqualTo(missing(Reason.NOT_READY));
    assertThat(answer.join().times().totalNanos()).isEqualTo(patience);
  }

  @Test
  void answersContextFreeWhenTheStoreFails() {
    store.reads(userId -> CompletableFuture.failedStage(new StoreException("no disk")));

    assertThat(ask("u").join().degradation()).isEqualTo(missing(Reason.STORE_ERROR));
  }

  @Test
  void doesNotBeginWhatTheBudgetCannotWaitFor() {
    store.reads(userId -> new CompletableFuture<>());
    Duration reserve = Duration.ofNanos(shortlister.reserveNanos());
    CompletableFuture<Shortlist> answer =
        shortlister.shortlist(query("u"), Budget.startingNow(time::nanoTime, reserve));

    assertThat(answer.join().degradation()).isEqualTo(missing(Reason.BUDGET));
  }

  @Test
  void usesAProfileThatComesInTime() {
    enable(SKILL);
    CompletableFuture<Optional<Profile>> late = new CompletableFuture<>();
    Optional<Profile> profile = store.stored("u").toCompletableFuture().join();
    store.reads(userId -> late);
    CompletableFuture<Shortlist> answer = ask("u");
    time.advance(Duration.ofMillis(3).toNanos());
    late.complete(profile);

    Shortlist shortlist = answer.join();
    assertThat(shortlist.degradation()).isEqualTo(Degradation.NONE);
    assertThat(shortlist.times().totalNanos()).isEqualTo(Duration.ofMillis(3).toNanos());
    // What was spent on it while the utterance was encoded does not count.
    assertThat(shortlist.times().profileNanos()).isLessThanOrEqualTo(3_000_000);
  }

  @Test
  void aLateProfileStillFillsTheCache() {
    enable(SKILL);
    CompletableFuture<Optional<Profile>> late = new CompletableFuture<>();
    Optional<Profile> profile = store.stored("u").toCompletableFuture().join();
    store.reads(userId -> late);
    CompletableFuture<Shortlist> answer = ask("u");
    time.advance(SLO.toNanos());
    answer.exceptionally(failure -> null).join();
    late.complete(profile);
    int reads = store.readCount();

    assertThat(ask("u").join().degradation()).isEqualTo(Degradation.NONE);
    assertThat(store.readCount()).isEqualTo(reads);
  }

  @Test
  void aProfileThatComesAfterTheReadWasGivenUpStillFillsTheCache() {
    enable(SKILL);
    CompletableFuture<Optional<Profile>> late = new CompletableFuture<>();
    Optional<Profile> profile = store.stored("u").toCompletableFuture().join();
    store.reads(userId -> late);
    ask("u");
    time.advance(Duration.ofSeconds(10).toNanos());
    late.complete(profile);
    int reads = store.readCount();

    assertThat(ask("u").join().degradation()).isEqualTo(Degradation.NONE);
    assertThat(store.readCount()).isEqualTo(reads);
  }

  @Test
  void aLateProfileIsNotKeptIfItHasChangedSince() {
    Optional<Profile> before = Optional.empty();
    CompletableFuture<Optional<Profile>> late = new CompletableFuture<>();
    store.reads(userId -> late);
    ask("u");
    time.advance(Duration.ofSeconds(10).toNanos());
    store.reads(store::stored);
    enable(SKILL);
    late.complete(before);

    assertThat(ask("u").join().degradation()).isEqualTo(Degradation.NONE);
  }

  @Test
  void aStoreThatHangsIsNotAskedAnyMoreUntilProbesSucceed() {
    enable(SKILL);
    store.reads(userId -> new CompletableFuture<>());
    for (int i = 0; i < 10; i++) {
      ask("user" + i);
    }
    time.advance(Duration.ofMillis(250).toNanos());
    int reads = store.readCount();
    assertThat(ask("u").join().degradation()).isEqualTo(missing(Reason.STORE_ERROR));
    assertThat(store.readCount()).isEqualTo(reads);

    // It stays open while a probe hangs.
    time.advance(Duration.ofMillis(1_001).toNanos());
    for (int i = 0; i < 3; i++) {
      ask("user" + i);
    }
    assertThat(store.readCount()).isEqualTo(reads + 3);
    time.advance(Duration.ofMillis(250).toNanos());
    assertThat(ask("u").join().degradation()).isEqualTo(missing(Reason.STORE_ERROR));

    // The store is back: contextual again, without a restart.
    store.reads(store::stored);
    time.advance(Duration.ofMillis(1_001).toNanos());
    assertThat(ask("u").join().degradation()).isEqualTo(Degradation.NONE);
  }

  @Test
  void readsAProfileAnewInTheBackgroundWhenItHasReachedAnAge() {
    enable(SKILL);
    assertThat(ask("u").join().degradation()).isEqualTo(Degradation.NONE);
    int reads = store.readCount();
    time.advance(Duration.ofSeconds(61).toNanos());
    store.reads(userId -> CompletableFuture.failedStage(new StoreException("no disk")));

    // The one that is there serves, and stays where the store fails.
    assertThat(ask("u").join().degradation()).isEqualTo(Degradation.NONE);
    assertThat(store.readCount()).isEqualTo(reads + 1);
    assertThat(ask("u").join().degradation()).isEqualTo(Degradation.NONE);
  }

  @Test
  void remembersForAShortTimeThatAUserIsUnknown() {
    ask("u").join();
    ask("u").join();
    assertThat(store.readCount()).isEqualTo(1);
    time.advance(Duration.ofSeconds(5).toNanos());

    ask("u").join();
    assertThat(store.readCount()).isEqualTo(2);
  }

  @Test
  void aSmallCacheForgetsUsersAndAnswersThemAll() {
    for (int i = 0; i < 10_000; i++) {
      String user = "user" + i;
      profiles.enable(user, List.of(SKILL), new Condition("", true)).toCompletableFuture().join();
      assertThat(ask(user).join().degradation()).isEqualTo(Degradation.NONE);
    }

    assertThat(shortlister.summaries().weightBytes()).isLessThanOrEqualTo(1 << 20);
    assertThat(shortlister.summaries().count()).isLessThan(5_000);
  }

  @Test
  void readsTheStoreOnceHoweverManyRequestsWait() {
    CompletableFuture<Optional<Profile>> late = new CompletableFuture<>();
    store.reads(userId -> late);
    List<CompletableFuture<Shortlist>> answers = List.of(ask("u"), ask("u"), ask("u"));
    late.complete(Optional.empty());

    assertThat(answers)
        .allSatisfy(
            answer -> assertThat(answer.join().degradation()).isEqualTo(missing(Reason.NOT_FOUND)));
    assertThat(store.readCount()).isEqualTo(1);
  }

  @Test
  void seesAChangedProfileWithTheNextRequest() {
    assertThat(ask("u").join().degradation()).isEqualTo(missing(Reason.NOT_FOUND));
    enable(SKILL);

    Shortlist shortlist = ask("u").join();
    assertThat(shortlist.degradation()).isEqualTo(Degradation.NONE);
    assertThat(shortlist.skills()).anyMatch(Shortlist.RankedSkill::enabled);
  }

  @Test
  void runsContextFreeOnceMoreWhatTookTooLong() throws Exception {
    enable(SKILL);
    StallingModel stalling = new StallingModel(model);
    try (Shortlister stalled = shortlister(stalling)) {
      stalling.stallNext();
      CompletableFuture<Shortlist> answer =
          stalled.shortlist(query("u"), Budget.startingNow(time::nanoTime, Duration.ofSeconds(9)));
      stalling.awaitStall();
      time.advance(stalled.maxRun().multipliedBy(2).toNanos());
      time.advance(stalled.maxRun().multipliedBy(20).toNanos());

      assertThat(answer.join().degradation()).isEqualTo(missing(Reason.NOT_READY));
    }
  }

  @Test
  void tellsWhoeverWaitsForAStalledWorkerAtTheDeadline() throws Exception {
    StallingModel stalling = new StallingModel(model);
    try (Shortlister stalled = shortlister(stalling)) {
      stalling.ignoreTermination();
      stalling.stallNext();
      CompletableFuture<Shortlist> running = stalled.shortlist(query(null), budget());
      stalling.awaitStall();
      time.advance(SLO.toNanos());
      time.advance(SLO.toNanos());

      assertThat(refusal(running)).isEqualTo(Refusal.Reason.DEADLINE);
      stalling.go();
    }
  }

  @Test
  void refusesWhatWaitsWhileTheRefusalStillReachesTheCallerInTime() throws Exception {
    // Whoever gets to timers a second late gets to sending a second late.
    for (int i = 0; i < 64; i++) {
      timerError.fired(time.nanoTime() - Duration.ofSeconds(1).toNanos());
    }
    StallingModel stalling = new StallingModel(model);
    try (Shortlister stalled = shortlister(stalling)) {
      stalling.ignoreTermination();
      stalling.stallNext();
      Duration nine = Duration.ofSeconds(9);
      CompletableFuture<Shortlist> running =
          stalled.shortlist(query(null), Budget.startingNow(time::nanoTime, nine));
      stalling.awaitStall();
      CompletableFuture<Shortlist> waiting =
          stalled.shortlist(query(null), Budget.startingNow(time::nanoTime, nine));
      time.advance(Duration.ofMillis(7_900).toNanos());
      assertThat(waiting).isNotDone();
      time.advance(Duration.ofMillis(200).toNanos());

      assertThat(refusal(waiting)).isEqualTo(Refusal.Reason.DEADLINE);
      assertThat(running).isNotDone();
      time.advance(Duration.ofSeconds(1).toNanos());
      assertThat(refusal(running)).isEqualTo(Refusal.Reason.DEADLINE);
      stalling.go();
    }
  }

  @Test
  void aSwapLosesNoRequestAndEndsWhatHasBegunWhereItBegan() throws Exception {
    CompletableFuture<Optional<Profile>> late = new CompletableFuture<>();
    store.reads(userId -> late);
    CompletableFuture<Shortlist> before = ask("u");
    OnnxShortlistModel next = Bundles.load();
    CompletableFuture<Void> unused =
        shortlister.prepare(new ServedModel(next, 4)).takeOver().toCompletableFuture();

    Shortlist after = ask(null).join();
    assertThat(after.catalogVersion()).isEqualTo(4);
    assertThat(unused).isNotDone();

    late.complete(Optional.empty());
    assertThat(before.join().catalogVersion()).isEqualTo(3);
    assertThat(before.join().degradation()).isEqualTo(missing(Reason.NOT_FOUND));
    unused.join();
    shortlister.close();
    next.close();
  }

  @Test
  void aSwapTakesTheSummariesOfThoseWhoAskAlong() throws Exception {
    enable(SKILL);
    ask("u").join();
    try (OnnxShortlistModel next = Bundles.load()) {
      shortlister.prepare(new ServedModel(next, 4)).takeOver().toCompletableFuture().join();
      int reads = store.readCount();

      Shortlist shortlist = ask("u").join();
      assertThat(shortlist.degradation()).isEqualTo(Degradation.NONE);
      assertThat(shortlist.skills()).anyMatch(Shortlist.RankedSkill::enabled);
      assertThat(store.readCount()).isEqualTo(reads);

      // The old bundle's summaries do not hear of changes any more, the new one's do.
      profiles.disable("u", List.of(SKILL), new Condition("", false)).toCompletableFuture().join();
      assertThat(ask("u").join().skills()).noneMatch(Shortlist.RankedSkill::enabled);
      shortlister.close();
    }
  }

  @Test
  void saysThatNobodyAskedForAProfile() {
    assertThat(ask(null).join().degradation()).isEqualTo(missing(Reason.NOT_REQUESTED));
    assertThat(ask(null).join().degradation().isDegraded()).isFalse();
  }

  @Test
  void refusesWhatIsSpentBeforeItIsRun() {
    CompletableFuture<Shortlist> answer =
        shortlister.shortlist(query(null), Budget.startingNow(time::nanoTime, Duration.ZERO));

    assertThat(refusal(answer)).isEqualTo(Refusal.Reason.DEADLINE);
  }

  @Test
  void triesOutWhetherARequestWouldTakeAsLongAsAfterAWarmUpOnABusyMachine() throws Exception {
    StallingModel slowOnce = new StallingModel(model);
    slowOnce.warmedSlowly(1_000);
    try (Shortlister doubtful = shortlister(slowOnce)) {
      assertThat(refusal(doubtful.shortlist(query(null), budget())))
          .isEqualTo(Refusal.Reason.DEADLINE);
      // On its own account.
      runs.acquire();

      assertThat(doubtful.shortlist(query(null), budget()).join().skills()).isNotEmpty();
      // Nor is it forgotten when nothing was asked for some time.
      time.advance(Duration.ofMinutes(1).toNanos());
      assertThat(doubtful.shortlist(query(null), budget()).join().skills()).isNotEmpty();
    }
  }

  @Test
  void triesOutOneRequestASecondOfThoseThatAreTooShort() throws Exception {
    refuseForItsBudget();
    runs.acquire();
    time.advance(Duration.ofSeconds(1).toNanos());
    refuseForItsBudget();
    runs.acquire();
    for (int i = 0; i < 100; i++) {
      refuseForItsBudget();
    }

    assertThat(ask(null).join().skills()).isNotEmpty();
    runs.acquire();
    shortlister.close();
    assertThat(runs.availablePermits()).isZero();
  }

  @Test
  void refusesACatalogueVersionThatIsNotServed() {
    ShortlistQuery query =
        new ShortlistQuery(List.of(new WeightedText("hi", 1)), null, false, 5, 4);
    assertThat(refusal(shortlister.shortlist(query, budget())))
        .isEqualTo(Refusal.Reason.CATALOG_BEHIND);
  }

  private void refuseForItsBudget() {
    Budget hopeless = Budget.startingNow(time::nanoTime, Duration.ofNanos(1));
    assertThat(refusal(shortlister.shortlist(query(null), hopeless)))
        .isEqualTo(Refusal.Reason.DEADLINE);
  }

  private CompletableFuture<Shortlist> ask(@Nullable String userId) {
    return shortlister.shortlist(query(userId), budget());
  }

  private Budget budget() {
    return Budget.startingNow(time::nanoTime, SLO);
  }

  private void enable(String skillId) {
    profiles.enable("u", List.of(skillId), new Condition("", true)).toCompletableFuture().join();
  }

  private static ShortlistQuery query(@Nullable String userId) {
    return new ShortlistQuery(
        List.of(new WeightedText("what is the weather like", 1)), userId, false, 50, 3);
  }

  private static Degradation missing(Reason reason) {
    return new Degradation(List.of(new Missing(Context.PROFILE, reason)), List.of());
  }

  private static Refusal.Reason refusal(CompletableFuture<Shortlist> answer) {
    return ((Refusal) catchThrowable(answer::join)).reason();
  }

  private final class Runs implements BatchListener {
    @Override
    public void ran(
        String lane, int size, long expectedNanos, long actualNanos, boolean terminated) {
      runs.release();
    }

    @Override
    public void dropped(String lane, Job.Drop why) {}
  }
}
