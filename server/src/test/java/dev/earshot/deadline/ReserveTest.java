package dev.earshot.deadline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ReserveTest {
  private static final long MS = 1_000_000;

  private long now;
  private long running;
  private final TimerError timerError = new TimerError(() -> now);
  private final Reserve reserve = new Reserve(() -> now, () -> running, timerError);

  @Test
  void addsUpTheContextFreePathTheRunningBatchAndTheTimersError() {
    for (int i = 0; i < 64; i++) {
      reserve.recordContextFree(3 * MS);
      timerError.fired(now - MS / 2);
    }
    running = 2 * MS;

    assertThat(reserve.nanos(0) / (double) MS).isCloseTo(5.5, within(0.1));
    assertThat(reserve.idleNanos() / (double) MS).isCloseTo(3.5, within(0.1));
  }

  @Test
  void countsWhatWaitsWhereThatIsMoreThanWhatRuns() {
    running = 2 * MS;
    long idle = reserve.idleNanos();

    assertThat(reserve.nanos(MS)).isEqualTo(idle + 2 * MS);
    assertThat(reserve.nanos(7 * MS)).isEqualTo(idle + 7 * MS);
  }

  @Test
  void beginsWithTheInitialValueAndNeverFallsBelowTheFloor() {
    assertThat(reserve.idleNanos()).isGreaterThanOrEqualTo(Reserve.INITIAL.toNanos());

    for (int i = 0; i < 64; i++) {
      reserve.recordContextFree(0);
      timerError.fired(now);
    }
    assertThat(reserve.idleNanos()).isEqualTo(MS);
  }
}
