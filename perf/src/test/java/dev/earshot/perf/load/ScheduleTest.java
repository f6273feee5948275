package dev.earshot.perf.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ScheduleTest {
  private static final int DRAWS = 100_000;

  @Test
  void independentCallersArriveAtTheMeanRateInBursts() {
    SplittableRandom random = new SplittableRandom(1);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < DRAWS; i++) {
      double gap = Arrivals.POISSON.gap(random);
      sum += gap;
      squares += gap * gap;
    }
    double mean = sum / DRAWS;
    assertThat(mean).isCloseTo(1, within(0.02));
    // An exponential gap's deviation is its mean.
    assertThat(Math.sqrt(squares / DRAWS - mean * mean)).isCloseTo(1, within(0.02));
  }

  @Test
  void aMetronomeHasEqualGaps() {
    assertThat(Arrivals.CONSTANT.gap(new SplittableRandom(1))).isEqualTo(1);
  }

  @Test
  void skewMakesTheFirstUserAskMost() {
    int[] counts = counts(new Zipf(4, 1));
    assertThat((double) counts[0] / counts[1]).isCloseTo(2, within(0.1));
    assertThat((double) counts[0] / counts[3]).isCloseTo(4, within(0.2));
  }

  @Test
  void withoutSkewAllAskAlike() {
    for (int count : counts(new Zipf(4, 0))) {
      assertThat(count / (DRAWS / 4.0)).isCloseTo(1, within(0.03));
    }
  }

  private static int[] counts(Zipf zipf) {
    SplittableRandom random = new SplittableRandom(2);
    int[] counts = new int[4];
    for (int i = 0; i < DRAWS; i++) {
      counts[zipf.next(random)]++;
    }
    return counts;
  }
}
