package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.Quantiles;
import dev.earshot.perf.load.ServerUse;
import dev.earshot.perf.load.Timeline;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadSessionTest {
  @Test
  void aRefusalsCostIsWhatExplainsTwoBurstsTogether() {
    // An answer takes 1,000 µs of the processor, a refusal 50.
    PhaseResult twice = burst(50_000, 10_000, 50.5);
    PhaseResult fiveTimes = burst(44_000, 160_000, 52.0);
    assertThat(LoadSession.refusalCpuUs(twice, fiveTimes)).isCloseTo(50, within(1e-6));
  }

  @Test
  void isNotKnownWhereBothRefuseAsMuch() {
    assertThat(LoadSession.refusalCpuUs(burst(50_000, 10_000, 50), burst(50_000, 11_000, 60)))
        .isNaN();
  }

  private static PhaseResult burst(long answers, long refused, double cpuSeconds) {
    Quantiles none = new Quantiles(0, 0, 0, 0, 0, 0, 0);
    return new PhaseResult(
        "burst",
        (answers + refused) / 60.0,
        60,
        answers + refused,
        answers,
        0,
        Map.of(),
        refused,
        Map.of(),
        0,
        Map.of(),
        answers / 60.0,
        none,
        none,
        none,
        true,
        null,
        0,
        new ServerUse(cpuSeconds, 0, 0, 0),
        new Timeline());
  }
}
