package dev.earshot.app.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.earshot.app.eval.EvalReport.Interval;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ClusterBootstrapTest {
  private static final int DRAWS = 2_000;

  @Test
  void hasNoWidthWhereAllAreAlike() {
    ClusterBootstrap bootstrap = new ClusterBootstrap();
    for (int i = 0; i < 20; i++) {
      bootstrap.add("user " + i, true);
    }
    assertThat(bootstrap.interval95(DRAWS, new SplittableRandom(1))).isEqualTo(new Interval(1, 1));
  }

  @Test
  void isTheBinomialIntervalWhereEachRowIsACluster() {
    ClusterBootstrap bootstrap = new ClusterBootstrap();
    for (int i = 0; i < 1_000; i++) {
      bootstrap.add("row " + i, i < 800);
    }
    // 0.8 ± 1.96 √(0.8 · 0.2 / 1000)
    Interval interval = bootstrap.interval95(DRAWS, new SplittableRandom(1));
    assertThat(interval.low()).isCloseTo(0.7752, within(0.004));
    assertThat(interval.high()).isCloseTo(0.8248, within(0.004));
  }

  @Test
  void isWiderWhereRowsOfOneUserAreAlike() {
    ClusterBootstrap alike = new ClusterBootstrap();
    ClusterBootstrap single = new ClusterBootstrap();
    for (int i = 0; i < 1_000; i++) {
      boolean success = i / 10 % 2 == 0;
      alike.add("user " + i / 10, success);
      single.add("row " + i, success);
    }
    Interval wide = alike.interval95(DRAWS, new SplittableRandom(1));
    Interval narrow = single.interval95(DRAWS, new SplittableRandom(1));
    // Ten rows a user that all agree: √10 times as wide.
    assertThat((wide.high() - wide.low()) / (narrow.high() - narrow.low()))
        .isCloseTo(Math.sqrt(10), within(0.4));
  }

  @Test
  void isTheSameForASeed() {
    ClusterBootstrap bootstrap = new ClusterBootstrap();
    for (int i = 0; i < 100; i++) {
      bootstrap.add("user " + i % 30, i % 3 == 0);
    }
    assertThat(bootstrap.interval95(DRAWS, new SplittableRandom(7)))
        .isEqualTo(bootstrap.interval95(DRAWS, new SplittableRandom(7)));
  }
}
