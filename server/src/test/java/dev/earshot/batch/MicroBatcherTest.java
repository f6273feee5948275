package dev.earshot.batch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.earshot.batch.Job.Drop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class MicroBatcherTest {
  private static final long MS = 1_000_000;
  private static final Callers.Share NOBODY = new Callers().share("");

  private final AtomicLong now = new AtomicLong();

  /** One job takes 2 ms, each further one 1 ms more. */
  private final HeldRunner runner = new HeldRunner(MS, MS);

  private final HeldRunner background = new HeldRunner(MS, 0);
  private final Lane<TestJob> lane = new Lane<>("requests", 8, () -> runner);
  private final Lane<TestJob> slowLane = new Lane<>("background", 8, () -> background);

  private final Logger logger = (Logger) LoggerFactory.getLogger(MicroBatcher.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  /** Of each run of a {@link #busyBatcher}, whether it was terminated. */
  private final List<Boolean> terminated = new CopyOnWriteArrayList<>();

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(logged);
  }

  @Test
  void whatWaitsWhileTheWorkerIsBusyIsTheNextBatchEarliestDeadlineFirst() throws Exception {
    try (MicroBatcher batcher = busyBatcher(Duration.ofMillis(4))) {
      offer(batcher, "c", 300);
      offer(batcher, "a", 100);
      offer(batcher, "b", 200);
      offer(batcher, "d", 400);
      runner.go.release(100);
    }

    // Three jobs take 4 ms, four would take 5: more than a batch is planned for.
    assertThat(runner.batches)
        .containsExactly(List.of("first"), List.of("a", "b", "c"), List.of("d"));
    assertThat(runner.closed).isTrue();
  }

  @Test
  void plansBatchesByWhatTheyAreExpectedToTakeAndKeepsDeadlinesByWhatTheyHardlyExceed()
      throws Exception {
    runner.boundTimes = 5;
    try (MicroBatcher batcher = busyBatcher(Duration.ofMillis(4))) {
      offer(batcher, "a", 16);
      offer(batcher, "b", 200);
      offer(batcher, "c", 200);
      offer(batcher, "d", 200);
      offer(batcher, "e", 200);
      runner.go.release(100);
    }

    // Of two jobs the bound is 15 ms, of three 20, which is too late for the first.
    assertThat(runner.batches)
        .containsExactly(List.of("first"), List.of("a", "b"), List.of("c", "d", "e"));
  }

  @Test
  void takesNoMoreJobsThanLeaveTheFirstItsDeadline() throws Exception {
    try (MicroBatcher batcher = busyBatcher(Duration.ofSeconds(1))) {
      offer(batcher, "urgent", 3);
      offer(batcher, "b", 10);
      offer(batcher, "c", 10);
      runner.go.release(100);
    }

    assertThat(runner.batches)
        .containsExactly(List.of("first"), List.of("urgent", "b"), List.of("c"));
  }

  @Test
  void whereMoreThanAFullBatchWaitsNoneIsCutShortForWhatIsNearlyDue() throws Exception {
    TestJob urgent;
    try (MicroBatcher batcher = busyBatcher(Duration.ofMillis(4))) {
      urgent = offer(batcher, "urgent", 3);
      for (int i = 0; i < 8; i++) {
        offer(batcher, "job" + i, 200 + i);
      }
      runner.go.release(100);
    }

    assertThat(urgent.dropped).isEqualTo(Drop.TOO_LATE);
    assertThat(runner.batches.get(1)).containsExactly("job0", "job1", "job2");
  }

  @Test
  void dropsWhatIsExpiredOrCancelledOrCannotBeDoneInTime() throws Exception {
    TestJob expired;
    TestJob cancelled;
    TestJob tooLate;
    try (MicroBatcher batcher = busyBatcher(Duration.ofSeconds(1))) {
      expired = offer(batcher, "expired", 5);
      tooLate = offer(batcher, "too late", 7);
      cancelled = offer(batcher, "cancelled", 30);
      offer(batcher, "in time", 30);
      cancelled.cancelled = true;
      now.set(6 * MS);
      runner.go.release(100);
    }

    assertThat(runner.batches).containsExactly(List.of("first"), List.of("in time"));
    assertThat(expired.dropped).isEqualTo(Drop.EXPIRED);
    assertThat(tooLate.dropped).isEqualTo(Drop.TOO_LATE);
    assertThat(cancelled.dropped).isNull();
  }

  @Test
  void aTickDropsWhatExpiresWhileTheWorkerIsBusy() throws Exception {
    try (MicroBatcher batcher = busyBatcher(Duration.ofSeconds(1))) {
      TestJob waiting = offer(batcher, "waiting", 5);
      now.set(5 * MS - 1);
      assertThat(batcher.tick()).isTrue();
      assertThat(waiting.dropped).isNull();

      now.set(5 * MS);
      assertThat(batcher.tick()).isTrue();
      assertThat(waiting.dropped).isEqualTo(Drop.EXPIRED);
      assertThat(batcher.waiting()).isZero();
      runner.go.release(100);
    }
  }

  @Test
  void terminatesARunThatTakesLongerThanMaxRunAndGoesOn() throws Exception {
    try (MicroBatcher batcher = busyBatcher(Duration.ofSeconds(1))) {
      offer(batcher, "next", 1_000);
      now.set(20 * MS - 1);
      batcher.tick();
      assertThat(runner.terminations).hasValue(0);

      now.set(20 * MS);
      batcher.tick();
      batcher.tick();
      runner.awaitBegun();
      assertThat(runner.terminations).hasValue(1);
      assertThat(runner.resumptions).hasValue(1);
      runner.go.release();
    }

    assertThat(runner.batches).containsExactly(List.of("first"), List.of("next"));
    assertThat(terminated).containsExactly(true, false);
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("a batch of 1 of requests took longer than 20.0 ms and is terminated");
  }

  @Test
  void saysOnceThatRunsTakeTooLongThatCannotBeTerminated() throws Exception {
    runner.canBeTerminated = false;
    try (MicroBatcher batcher = busyBatcher(Duration.ofSeconds(1))) {
      offer(batcher, "next", 1_000);
      now.set(20 * MS);
      batcher.tick();
      batcher.tick();
      assertThat(runner.terminations).hasValue(1);
      runner.go.release();
      runner.awaitBegun();
      now.set(40 * MS);
      batcher.tick();
      assertThat(runner.terminations).hasValue(2);
      runner.go.release();
    }

    assertThat(runner.batches).containsExactly(List.of("first"), List.of("next"));
    assertThat(runner.resumptions).hasValue(0);
    assertThat(terminated).containsExactly(false, false);
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .singleElement()
        .asString()
        .startsWith("a batch of 1 of requests took longer than 20.0 ms and cannot be terminated");
  }

  @Test
  void tellsThoseWhoWaitForARunThatStallsAtTheirDeadlines() throws Exception {
    try (MicroBatcher batcher =
        new MicroBatcher(options(1, 10), now::get, lanes(), BatchListener.NONE)) {
      TestJob job = offer(batcher, "stalls", 5);
      runner.awaitBegun();
      now.set(5 * MS);
      batcher.tick();
      assertThat(job.dropped).isEqualTo(Drop.EXPIRED);
      runner.go.release();
    }
  }

  @Test
  void isBehindWhileJobsWaitOrShareARunAndNoWorkerIsFree() throws Exception {
    try (MicroBatcher batcher =
        new MicroBatcher(options(1, 10), now::get, lanes(), BatchListener.NONE)) {
      offer(batcher, "alone", 1_000);
      runner.awaitBegun();
      assertThat(batcher.isBehind()).isFalse();
      offer(batcher, "waits", 1_000);
      assertThat(batcher.isBehind()).isTrue();
      offer(batcher, "waits too", 1_000);
      runner.go.release();
      runner.awaitBegun();
      // Nobody waits, but two share the run.
      assertThat(batcher.waiting()).isZero();
      assertThat(batcher.isBehind()).isTrue();
      runner.go.release();
    }
  }

  @Test
  void saysWhenAWorkerIsFreeAndNothingWaitsForIt() throws Exception {
    Semaphore caughtUp = new Semaphore(0);
    List<Boolean> wasBehind = new CopyOnWriteArrayList<>();
    AtomicReference<BooleanSupplier> isBehind = new AtomicReference<>(() -> true);
    BatchListener listener =
        BatchListener.NONE.andWhenCaughtUp(() -> {
          wasBehind.add(requireNonNull(isBehind.get()).getAsBoolean());
          caughtUp.release();
        });
    try (MicroBatcher batcher = new MicroBatcher(options(1, 10), now::get, lanes(), listener)) {
      isBehind.set(batcher::isBehind);
      offer(batcher, "alone", 1_000);
      runner.awaitBegun();
      offer(batcher, "waits", 1_000);
      offer(batcher, "waits too", 1_000);
      runner.go.release();
      runner.awaitBegun();
      assertThat(caughtUp.availablePermits()).isZero();
      runner.go.release();
      caughtUp.acquire();
    }

    assertThat(wasBehind).containsExactly(false);
  }

  @Test
  void isBehindWhileResultsAreHandedOverOnlyIfMoreWaits() throws Exception {
    List<Boolean> behind = new CopyOnWriteArrayList<>();
    try (MicroBatcher batcher =
        new MicroBatcher(options(1, 10), now::get, lanes(), BatchListener.NONE)) {
      runner.handingOver = () -> behind.add(batcher.isBehind());
      offer(batcher, "first", 1_000);
      runner.awaitBegun();
      offer(batcher, "a", 1_000);
      offer(batcher, "b", 1_000);
      runner.go.release(2);
    }

    assertThat(runner.batches).containsExactly(List.of("first"), List.of("a", "b"));
    assertThat(behind).containsExactly(true, false);
  }

  @Test
  void saysSoTooWhereAllThatWaitedIsTooLate() throws Exception {
    Semaphore caughtUp = new Semaphore(0);
    BatchListener listener = BatchListener.NONE.andWhenCaughtUp(caughtUp::release);
    try (MicroBatcher batcher = new MicroBatcher(options(1, 10), now::get, lanes(), listener)) {
      offer(batcher, "first", 1_000);
      runner.awaitBegun();
      TestJob late = offer(batcher, "late", 10);
      now.set(20 * MS);
      runner.go.release();
      caughtUp.acquire();
      assertThat(late.dropped).isEqualTo(Drop.EXPIRED);
    }
  }

  @Test
  void isNotBehindWhileAWorkerIsFree() throws Exception {
    HeldRunner second = new HeldRunner(MS, MS);
    List<HeldRunner> runners =
        new java.util.concurrent.CopyOnWriteArrayList<>(List.of(runner, second));
    Lane<TestJob> shared = new Lane<>("requests", 8, () -> runners.remove(0));
    MicroBatcher batcher =
        new MicroBatcher(options(2, 100), now::get, List.of(shared), BatchListener.NONE);
    batcher.awaitReady();
    batcher.offer(shared, new TestJob("a", 1_000 * MS), NOBODY, MS);
    while (runner.begun.availablePermits() + second.begun.availablePermits() < 1) {
      Thread.onSpinWait();
    }
    assertThat(batcher.isBehind()).isFalse();
    batcher.offer(shared, new TestJob("b", 1_000 * MS), NOBODY, MS);
    runner.awaitBegun();
    second.awaitBegun();
    batcher.offer(shared, new TestJob("c", 1_000 * MS), NOBODY, MS);
    batcher.offer(shared, new TestJob("d", 1_000 * MS), NOBODY, MS);
    assertThat(batcher.isBehind()).isTrue();

    // One takes both that wait, then the other has nothing to do.
    runner.go.release();
    runner.awaitBegun();
    second.go.release();
    while (batcher.untilFreeNanos() > 0) {
      Thread.onSpinWait();
    }
    assertThat(batcher.isBehind()).isFalse();

    runner.go.release();
    batcher.close();
  }

  @Test
  void backgroundWorkComesInTheOrderOfItsOwnTime() throws Exception {
    background.go.release(100);
    try (MicroBatcher batcher = busyBatcher(Duration.ofSeconds(1))) {
      TestJob step = new TestJob("vector", 50 * MS);
      assertThat(batcher.offer(slowLane, step, null, MS)).isTrue();
      offer(batcher, "later", 60);
      offer(batcher, "sooner", 40);
      runner.go.release();
      runner.awaitBegun();
      // The batch of requests goes first, since its first job is due first.
      assertThat(background.batches).isEmpty();
      runner.go.release(100);
    }

    assertThat(runner.batches).containsExactly(List.of("first"), List.of("sooner", "later"));
    assertThat(background.batches).containsExactly(List.of("vector"));
  }

  @Test
  void refusesMoreThanMayWaitAndAllOnceClosed() throws Exception {
    MicroBatcher batcher = new MicroBatcher(options(1, 2), now::get, lanes(), BatchListener.NONE);
    offer(batcher, "first", 1_000);
    runner.awaitBegun();
    offer(batcher, "a", 1_000);
    offer(batcher, "b", 1_000);
    assertThat(batcher.offer(lane, new TestJob("c", 1_000 * MS), NOBODY, MS)).isFalse();

    runner.go.release(100);
    batcher.close();
    assertThat(batcher.offer(lane, new TestJob("d", 1_000 * MS), NOBODY, MS)).isFalse();
    assertThat(runner.batches).containsExactly(List.of("first"), List.of("a", "b"));
  }

  @Test
  void aBatchThatFailsDoesNotStopTheWorkerAndIsToldToThoseWhoWait() throws Exception {
    TestJob failing;
    runner.go.release(100);
    try (MicroBatcher batcher =
        new MicroBatcher(options(1, 10), now::get, lanes(), BatchListener.NONE)) {
      failing = offer(batcher, "fails", 1_000);
      runner.awaitBegun();
      offer(batcher, "b", 2_000);
    }

    assertThat(failing.dropped).isEqualTo(Drop.FAILED);
    assertThat(runner.batches.stream().flatMap(List::stream)).containsExactly("fails", "b");
  }

  @Test
  void workersShareWhatWaits() throws Exception {
    HeldRunner second = new HeldRunner(MS, MS);
    List<HeldRunner> runners =
        new java.util.concurrent.CopyOnWriteArrayList<>(List.of(runner, second));
    Lane<TestJob> shared = new Lane<>("requests", 8, () -> runners.remove(0));
    try (MicroBatcher batcher =
        new MicroBatcher(options(2, 100), now::get, List.of(shared), BatchListener.NONE)) {
      batcher.awaitReady();
      batcher.offer(shared, new TestJob("a", 1_000 * MS), NOBODY, MS);
      batcher.offer(shared, new TestJob("b", 1_000 * MS), NOBODY, MS);
      runner.awaitBegun();
      second.awaitBegun();
      runner.go.release(100);
      second.go.release(100);
    }

    assertThat(runner.batches).hasSize(1);
    assertThat(second.batches).hasSize(1);
  }

  @Test
  void foretellsWhenAJobWouldBeBegun() throws Exception {
    try (MicroBatcher batcher = busyBatcher(Duration.ofSeconds(1))) {
      assertThat(batcher.untilFreeNanos()).isEqualTo(2 * MS);
      offer(batcher, "a", 10);
      offer(batcher, "b", 100);
      now.set(MS / 2);

      // 1.5 ms of the running batch, then what is due before.
      assertThat(batcher.untilBegunNanos(50 * MS)).isEqualTo(3 * MS / 2 + MS);
      assertThat(batcher.untilBegunNanos(200 * MS)).isEqualTo(3 * MS / 2 + 2 * MS);

      // It takes longer than foreseen: as much again is expected, up to its end by force.
      now.set(5 * MS);
      assertThat(batcher.untilFreeNanos()).isEqualTo(3 * MS);
      now.set(15 * MS);
      assertThat(batcher.untilFreeNanos()).isEqualTo(5 * MS);
      runner.go.release(100);
    }
  }

  @Test
  void lingersForAFullBatchWhereThatIsAskedFor() throws Exception {
    MicroBatcher.Options lingering =
        new MicroBatcher.Options(
            "test", 1, 100, Duration.ofSeconds(1), Duration.ofMillis(20), Duration.ofMinutes(5));
    runner.go.release(100);
    try (MicroBatcher batcher =
        new MicroBatcher(lingering, now::get, lanes(), BatchListener.NONE)) {
      for (int i = 0; i < 8; i++) {
        offer(batcher, "job", 10_000);
      }
      runner.awaitBegun();
    }

    assertThat(runner.batches).hasSize(1);
    assertThat(runner.batches.get(0)).hasSize(8);
  }

  /** A batcher of one worker, which is busy with a job for 2 ms by its plan. */
  private MicroBatcher busyBatcher(Duration plannedRun) throws InterruptedException {
    MicroBatcher batcher =
        new MicroBatcher(
            new MicroBatcher.Options(
                "test", 1, 100, plannedRun, Duration.ofMillis(20), Duration.ZERO),
            now::get,
            lanes(),
            new BatchListener() {
              @Override
              public void ran(
                  String lane,
                  int size,
                  long expectedNanos,
                  long actualNanos,
                  boolean wasTerminated) {
                terminated.add(wasTerminated);
              }

              @Override
              public void dropped(String lane, Drop why) {}
            });
    offer(batcher, "first", 100_000);
    runner.awaitBegun();
    return batcher;
  }

  private List<Lane<TestJob>> lanes() {
    return List.of(lane, slowLane);
  }

  private static MicroBatcher.Options options(int workers, int queueMax) {
    return new MicroBatcher.Options(
        "test", workers, queueMax, Duration.ofSeconds(1), Duration.ofMillis(20), Duration.ZERO);
  }

  private TestJob offer(MicroBatcher batcher, String name, long dueMillis) {
    TestJob job = new TestJob(name, dueMillis * MS);
    assertThat(batcher.offer(lane, job, NOBODY, MS)).isTrue();
    return job;
  }
}
