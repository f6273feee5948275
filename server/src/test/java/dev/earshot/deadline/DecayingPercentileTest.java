package dev.earshot.deadline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DecayingPercentileTest {
  private static final long MS = 1_000_000;

  private long now = Long.MAX_VALUE - 5_000 * MS;
  private final DecayingPercentile p99 =
      new DecayingPercentile(() -> now, 99, Duration.ofSeconds(10), Duration.ofMillis(5));

  @Test
  void isTheInitialValueUntilThereAreSamplesEnough() {
    record(31, 1 * MS);
    assertThat(p99.nanos()).isEqualTo(5 * MS);

    record(1, 1 * MS);
    assertMillis(1);
  }

  @Test
  void isThePercentileOfWhatWasRecorded() {
    record(97, 1 * MS);
    record(3, 9 * MS);
    record(12, 1 * MS);

    assertMillis(9);
  }

  @Test
  void forgetsWhatLiesHalfLivesBack() {
    record(960, 9 * MS);
    assertMillis(9);

    // A half-life each: 9 ms weigh 1/8, 1/16 … of what they did.
    for (int halfLife = 0; halfLife < 8; halfLife++) {
      now += Duration.ofSeconds(10).toNanos();
      record(960, 1 * MS);
    }

    assertMillis(1);
  }

  @Test
  void isNotBelievedAboveTheInitialValueWhereNothingCameForAHalfLife() {
    record(32, 40 * MS);
    now += Duration.ofSeconds(10).toNanos() - 1;
    assertMillis(40);

    now += 1;
    assertMillis(5);

    record(1, 40 * MS);
    assertMillis(40);
  }

  @Test
  void staysWhereItIsBelowTheInitialValue() {
    record(32, 2 * MS);
    now += Duration.ofHours(1).toNanos();

    assertMillis(2);
  }

  @Test
  void takesWhatIsOutOfRangeForTheEndOfTheRange() {
    record(32, Duration.ofHours(1).toNanos());

    assertThat(Duration.ofNanos(p99.nanos()))
        .isBetween(Duration.ofSeconds(59), Duration.ofSeconds(61));
  }

  private void record(int times, long nanos) {
    for (int i = 0; i < times; i++) {
      p99.record(nanos);
    }
  }

  private void assertMillis(double millis) {
    assertThat(p99.nanos() / (double) MS).isCloseTo(millis, within(millis / 50));
  }
}
