package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.BiasSweepReport.Calls;
import dev.earshot.perf.BiasSweepReport.Point;
import dev.earshot.perf.load.BiasTraffic;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.Quantiles;
import dev.earshot.perf.load.Timeline;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class BiasSweepReportTest {
  @Test
  void judgesBudgetsFromTwiceTheContextFreeP99Up() {
    // A p99 of 1.42 ms.
    PhaseResult free = result(1_000, 0, Map.of(), 1_420);
    Calls calls =
        new Calls(
            "GetBias",
            free,
            List.of(
                new Point(1, result(10, 0, Map.of(), 900)),
                new Point(2.9, result(995, 0, Map.of(), 2_000)),
                new Point(5, result(993, 2, Map.of(), 2_000))));
    assertThat(calls.threshold()).isEqualTo(2.9);
    assertThat(calls.fromThreshold()).extracting(Point::budgetMs).containsExactly(2.9, 5.0);
    assertThat(calls.leastAnswered()).isEqualTo(0.995);
    assertThat(report(calls).holds()).isTrue();
    assertThat(report(calls).markdown()).contains("2.9 ms, up at least 99.50%", "Met.");
  }

  @Test
  void doesNotHoldWhereTooFewAreAnswered() {
    PhaseResult free = result(1_000, 0, Map.of(), 1_000);
    Calls calls = new Calls("GetBias", free, List.of(new Point(2, result(989, 0, Map.of(), 900))));
    assertThat(report(calls).holds()).isFalse();
    assertThat(report(calls).markdown()).contains("Not met.");
  }

  @Test
  void doesNotHoldWhereOneAnswerIsNotWhatItSays() {
    PhaseResult free = result(1_000, 0, Map.of(), 1_000);
    Calls calls =
        new Calls(
            "Rescore",
            free,
            List.of(
                new Point(1, result(0, 1, Map.of(BiasTraffic.NOT_OWN_ORDER, 1L), 900)),
                new Point(2, result(1_000, 0, Map.of(), 900))));
    assertThat(report(calls).wrong()).isEqualTo(1);
    assertThat(report(calls).holds()).isFalse();
    assertThat(report(calls).markdown()).contains("**1 were not**");
  }

  private static BiasSweepReport report(Calls calls) {
    return new BiasSweepReport(
        BiasSweepReport.KIND,
        "bias",
        "2026-01-01T00:00:00Z",
        "bench bias",
        Machine.describe(),
        Map.of(),
        List.of(calls));
  }

  /** Of 1,000 calls. */
  private static PhaseResult result(
      long full, long degraded, Map<String, Long> missing, double p99Us) {
    Quantiles times = new Quantiles(1_000, p99Us, p99Us, p99Us, p99Us, p99Us, p99Us);
    Quantiles none = new Quantiles(0, 0, 0, 0, 0, 0, 0);
    return new PhaseResult(
        "test",
        100,
        10,
        1_000,
        full,
        degraded,
        missing,
        0,
        Map.of(),
        1_000 - full - degraded,
        Map.of(),
        full / 10.0,
        times,
        none,
        none,
        true,
        null,
        0,
        null,
        new Timeline());
  }
}
