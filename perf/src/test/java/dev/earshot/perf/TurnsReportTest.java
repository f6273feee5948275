package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.load.BiasTraffic;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.Quantiles;
import dev.earshot.perf.load.Timeline;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TurnsReportTest {
  private static final PairedTest AS_FAST = PairedTest.of("p99", List.of(1.0), List.of(1.0));
  private static final PairedTest SLOWER = PairedTest.of("p99", List.of(1.2), List.of(1.0));
  private static final PairedTest SLOWER_IN_THE_MIDDLE =
      PairedTest.of("p50", List.of(1.2), List.of(1.0));

  @Test
  void holdsWhereNearlyAllAreReadyAndTheShortlistsP99Is() {
    TurnsReport report = report(1_000, 999, List.of(SLOWER_IN_THE_MIDDLE, AS_FAST));
    assertThat(report.readyShare()).isEqualTo(0.999);
    assertThat(report.holds()).isTrue();
    assertThat(report.markdown()).contains("**99.900%** of 1,000 turns", "Met.");
  }

  @Test
  void doesNotHoldWhereOneTooManyWasMadeOnlyWhenItWasAskedFor() {
    TurnsReport report = report(1_000, 998, List.of(AS_FAST));
    assertThat(report.holds()).isFalse();
    assertThat(report.markdown()).contains("Not met.", "made meanwhile 2");
  }

  @Test
  void countsTurnsWhoseBiasWasNeverAskedFor() {
    TurnsReport report = report(2_000, 1_000, List.of(AS_FAST));
    assertThat(report.readyShare()).isEqualTo(0.5);
  }

  @Test
  void doesNotHoldWhereTheShortlistsAreSlower() {
    assertThat(report(1_000, 1_000, List.of(SLOWER)).holds()).isFalse();
    assertThat(report(1_000, 1_000, List.of(SLOWER)).markdown()).contains("**no**");
  }

  private static TurnsReport report(long turns, long ready, List<PairedTest> tests) {
    return new TurnsReport(
        TurnsReport.KIND,
        "turns",
        "2026-01-01T00:00:00Z",
        "bench turns",
        Machine.describe(),
        Map.of(),
        4_000.0,
        2_000,
        result(turns, turns, Map.of()),
        result(1_000, ready, Map.of(BiasTraffic.MADE_MEANWHILE, 1_000 - ready)),
        0,
        tests,
        0,
        true,
        List.of(),
        List.of());
  }

  private static PhaseResult result(long scheduled, long full, Map<String, Long> missing) {
    Quantiles none = new Quantiles(0, 0, 0, 0, 0, 0, 0);
    return new PhaseResult(
        "test",
        100,
        10,
        scheduled,
        full,
        scheduled - full,
        missing,
        0,
        Map.of(),
        0,
        Map.of(),
        10,
        none,
        none,
        none,
        true,
        null,
        0,
        null,
        new Timeline());
  }
}
