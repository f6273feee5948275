package dev.earshot.app.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RocAreaTest {
  @Test
  void isOneWhereAllPositivesScoreAbove() {
    assertThat(RocArea.of(new double[] {0.8, 0.9}, new double[] {0.1, 0.2, 0.3})).isEqualTo(1);
    assertThat(RocArea.of(new double[] {0.1}, new double[] {0.8, 0.9})).isZero();
  }

  @Test
  void countsTiesHalf() {
    assertThat(RocArea.of(new double[] {0.5, 0.5}, new double[] {0.5, 0.5, 0.5})).isEqualTo(0.5);
    assertThat(RocArea.of(new double[] {0.5}, new double[] {0.5, 0.4})).isEqualTo(0.75);
  }

  @Test
  void isTheShareOfPairsInOrder() {
    SplittableRandom random = new SplittableRandom(3);
    double[] positives = random.doubles(40).map(x -> Math.round(x * 20) / 20.0).toArray();
    double[] negatives = random.doubles(60).map(x -> Math.round(x * 18) / 20.0).toArray();
    double wins = 0;
    for (double positive : positives) {
      for (double negative : negatives) {
        wins += positive > negative ? 1 : positive == negative ? 0.5 : 0;
      }
    }
    assertThat(RocArea.of(positives, negatives)).isCloseTo(wins / 2_400, within(1e-12));
  }

  @Test
  void isNotANumberWithoutEitherSide() {
    assertThat(RocArea.of(new double[0], new double[] {1})).isNaN();
  }
}
