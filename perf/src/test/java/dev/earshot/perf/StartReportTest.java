package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StartReportTest {
  @Test
  void comparesTheStartsOfEachRound() {
    StartReport report =
        report(List.of(1_000.0, 2_000.0, 1_000.0), List.of(1_100.0, 2_000.0, 1_500.0));
    assertThat(report.roundRatios()).containsExactly(1.1, 1.0, 1.5);
    assertThat(report.ratio()).isEqualTo(1.1);
    assertThat(report.holds()).isTrue();
    assertThat(report.markdown())
        .contains("| no profiles | 1.00 | 1.00 2.00 1.00 |", "**1.100** (1.10 1.00 1.50)", "Met.");
  }

  @Test
  void doesNotHoldWhereTheFullStoreTakesTooLong() {
    StartReport report = report(List.of(1_000.0), List.of(1_201.0));
    assertThat(report.holds()).isFalse();
    assertThat(report.markdown()).contains("Not met.");
  }

  private static StartReport report(List<Double> empty, List<Double> full) {
    return new StartReport(
        StartReport.KIND,
        "start",
        "2026-01-01T00:00:00Z",
        "bench start",
        Machine.describe(),
        Map.of("rounds", empty.size()),
        100_000,
        empty,
        full);
  }
}
