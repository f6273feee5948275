package dev.earshot.perf.micro;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StallsTest {
  private static final long SECOND = 1_000_000_000;

  private long now;
  private long looks;

  @Test
  void countsStepsOfTheClockThatALoopCannotTake() {
    Stalls.Times times = Stalls.watch(2 * SECOND, this::look);

    assertThat(times.seconds()).isEqualTo(2);
    // Of 10 µs each look is a step; one in a thousand takes 0.5 ms, one in ten thousand 3 ms.
    assertThat(times.longestMs()).isEqualTo(3);
    assertThat(times.longASecond()).isBetween(9.0, 10.0);
    assertThat(times.share()).isBetween(0.06, 0.08);
  }

  private long look() {
    looks++;
    now += looks % 10_000 == 0 ? 3_000_000 : looks % 1_000 == 0 ? 500_000 : 10_000;
    return now;
  }
}
