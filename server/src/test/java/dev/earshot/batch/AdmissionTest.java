package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.batch.Admission.Cost;
import dev.earshot.batch.Admission.Decision;
import dev.earshot.batch.Admission.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AdmissionTest {
  private static final long MS = 1_000_000;

  /** 1 ms alone, 4 ms in a full batch, 6 ms with context. */
  private static final Cost COST = new Cost(MS, 4 * MS, 6 * MS);

  private final AtomicLong now = new AtomicLong();
  private final HeldRunner runner = new HeldRunner(MS, MS);
  private final Lane<TestJob> lane = new Lane<>("requests", 8, () -> runner);
  private final MicroBatcher batcher =
      new MicroBatcher(
          new MicroBatcher.Options(
              "test", 1, 1_000, Duration.ofMillis(4), Duration.ofMillis(20), Duration.ZERO),
          now::get,
          List.of(lane),
          BatchListener.NONE);
  private final Admission admission = new Admission(batcher);
  private final Callers callers = new Callers();

  @AfterEach
  void close() {
    runner.go.release(10_000);
    batcher.close();
  }

  @Test
  void withNothingBeforeItARequestNeedsItsOwnTimeAlone() {
    assertThat(decide(6.1, "a").verdict()).isEqualTo(Verdict.FULL);
    assertThat(decide(5, "a").verdict()).isEqualTo(Verdict.DEGRADED);
    assertThat(decide(1.1, "a").verdict()).isEqualTo(Verdict.DEGRADED);
    assertThat(decide(0.9, "a").verdict()).isEqualTo(Verdict.TOO_SHORT);
  }

  @Test
  void degradesBeforeItRefusesAsTheQueueGrows() throws Exception {
    fill("x", 6);
    // 2 ms run, 6 ms wait.
    assertThat(decide(14.1, "a")).isEqualTo(new Decision(Verdict.FULL, 8 * MS, 0, true));
    assertThat(decide(13.9, "a").verdict()).isEqualTo(Verdict.DEGRADED);
    assertThat(decide(12.5, "a").verdict()).isEqualTo(Verdict.DEGRADED);

    Decision refused = decide(11.9, "a");
    assertThat(refused.verdict()).isEqualTo(Verdict.OVERLOADED);
    assertThat(refused.retryMeetsDeadline()).isFalse();
    assertThat(refused.retryDelayNanos()).isEqualTo(8 * MS);
  }

  @Test
  void oneCallerDoesNotTakeAllTheRoom() throws Exception {
    int admitted = 0;
    fill("first", 0);
    while (decide(104, "hog").verdict() != Verdict.UNFAIR) {
      offer("hog");
      admitted++;
      assertThat(admitted).isLessThan(100);
    }
    // Of 100 ms, 2 of them taken by what runs, four fifths.
    assertThat(admitted).isBetween(76, 80);
    assertThat(decide(104, "other").verdict()).isEqualTo(Verdict.FULL);
    assertThat(decide(104, "hog").retryMeetsDeadline()).isTrue();
  }

  @Test
  void severalGreedyCallersComeToEqualParts() throws Exception {
    fill("first", 0);
    int[] admitted = new int[3];
    for (int round = 0; round < 100; round++) {
      for (int caller = 0; caller < 3; caller++) {
        // The first one sends three times as much.
        for (int i = 0; i < (caller == 0 ? 3 : 1); i++) {
          if (decide(104, "caller" + caller).verdict() == Verdict.FULL) {
            offer("caller" + caller);
            admitted[caller]++;
          }
        }
      }
    }

    // Who came first may keep what he has until it is done; nobody is shut out.
    assertThat(admitted[1]).isGreaterThan(15);
    assertThat(admitted[2]).isGreaterThan(15);
    assertThat(admitted[0]).isLessThan(60);
  }

  @Test
  void whatLeavesTheQueueIsNotChargedAnyMore() throws Exception {
    fill("x", 10);
    assertThat(callers.share("x").queuedNanos()).isEqualTo(10 * MS);
    runner.go.release(10_000);
    batcher.close();

    assertThat(callers.share("x").queuedNanos()).isZero();
  }

  @Test
  void isMoreCarefulUnderOverloadAfterARequestWasAdmittedInVain() throws Exception {
    fill("x", 2);
    refuse(400);
    // The run takes longer than what waits has.
    now.set(9 * MS);
    assertThat(batcher.tick()).isTrue();
    now.set(0);
    offerDueAt(40 * MS, 4);

    // 2 ms run, 4 ms wait, 4 ms in a batch or 6 with context, 2 ms of margin.
    assertThat(decide(41, 14.1).verdict()).isEqualTo(Verdict.FULL);
    assertThat(decide(41, 13.9).verdict()).isEqualTo(Verdict.DEGRADED);
    assertThat(decide(41, 12.1).verdict()).isEqualTo(Verdict.DEGRADED);
    assertThat(decide(41, 11.9).verdict()).isEqualTo(Verdict.OVERLOADED);
  }

  @Test
  void theMarginTakesNoMoreThanAThirdOfTheRoom() throws Exception {
    fill("x", 100);
    refuse(10_000);
    now.set(9 * MS);
    assertThat(batcher.tick()).isTrue();
    now.set(0);

    // 2 ms run; of 7 ms 4 are in a batch, and of the other 3 a third is left.
    assertThat(decide(8, 7.1).verdict()).isEqualTo(Verdict.DEGRADED);
    assertThat(decide(8, 6.9).verdict()).isEqualTo(Verdict.OVERLOADED);
  }

  private void refuse(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(decide(8, 1.1).verdict()).isEqualTo(Verdict.OVERLOADED);
    }
  }

  private Decision decide(double dueMillis, double leftMillis) {
    return admission.decide(
        (long) (dueMillis * MS), (long) (leftMillis * MS), COST, callers.share("a"));
  }

  private void offerDueAt(long due, int jobs) {
    for (int i = 0; i < jobs; i++) {
      assertThat(batcher.offer(lane, new TestJob("job", due), callers.share("y"), MS)).isTrue();
    }
  }

  private Decision decide(double millis, String caller) {
    long nanos = (long) (millis * MS);
    return admission.decide(nanos, nanos, COST, callers.share(caller));
  }

  /** Keeps the worker busy for 2 ms and queues some more. */
  private void fill(String caller, int jobs) throws InterruptedException {
    offer(caller);
    runner.awaitBegun();
    for (int i = 0; i < jobs; i++) {
      offer(caller);
    }
  }

  private void offer(String caller) {
    assertThat(batcher.offer(lane, new TestJob("job", 8 * MS), callers.share(caller), MS)).isTrue();
  }
}
