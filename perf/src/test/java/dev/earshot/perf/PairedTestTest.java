package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class PairedTestTest {
  private static final List<Double> QUIET =
      List.of(0.96, 0.97, 0.98, 0.99, 1.0, 1.0, 1.01, 1.02, 1.03, 1.04);

  @Test
  void whatTheNoiseExplainsHolds() {
    List<Double> ratios = List.of(1.0, 1.1, 1.2, 1.1, 1.1, 1.0, 1.3, 1.1, 1.1, 1.1);
    PairedTest test = PairedTest.of("p99", ratios, QUIET);
    assertThat(test.medianRatio()).isEqualTo(1.1);
    // The 95th percentile of ten values is the largest.
    assertThat(test.limit()).isEqualTo(1.04 * 1.1);
    assertThat(test.holds()).isTrue();
  }

  @Test
  void whatGoesBeyondTheNoiseDoesNot() {
    List<Double> ratios = List.of(1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5, 1.2);
    assertThat(PairedTest.of("p99", ratios, QUIET).holds()).isFalse();
  }

  @Test
  void oneSlowRunOfTenDoesNotDecide() {
    List<Double> ratios = List.of(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 20.0);
    assertThat(PairedTest.of("p99", ratios, QUIET).holds()).isTrue();
  }
}
