package dev.earshot.perf.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CapacitySearchTest {
  private static final double TRUE_CAPACITY = 1_234;

  private final List<Double> rates = new ArrayList<>();

  @Test
  void findsTheHighestSustainedRate() throws InterruptedException {
    CapacitySearch.Capacity found =
        new CapacitySearch(100, 1.05).run(rate -> server(rate, TRUE_CAPACITY, 0));
    assertThat(found.rate()).isBetween(TRUE_CAPACITY / 1.05, TRUE_CAPACITY);
    assertThat(found.driverBound()).isFalse();
    assertThat(found.peakGoodput()).isPositive();
  }

  @Test
  void goesDownWhereTheFirstRateIsTooHigh() throws InterruptedException {
    CapacitySearch.Capacity found =
        new CapacitySearch(100_000, 1.05).run(rate -> server(rate, TRUE_CAPACITY, 0));
    assertThat(found.rate()).isBetween(TRUE_CAPACITY / 1.05, TRUE_CAPACITY);
  }

  @Test
  void doesNotBelieveOneFailure() throws InterruptedException {
    CapacitySearch.Capacity found =
        new CapacitySearch(100, 1.05)
            .run(rate -> {
              rates.add(rate);
              return server(rate, rates.size() == 2 ? 1 : TRUE_CAPACITY, 0);
            });
    assertThat(found.rate()).isGreaterThan(TRUE_CAPACITY / 1.05);
  }

  @Test
  void goesOnWhereWhatFailedForAWhileIsSustainedInTheEnd() throws InterruptedException {
    CapacitySearch.Capacity found =
        new CapacitySearch(100, 1.05)
            .run(rate -> {
              rates.add(rate);
              boolean disturbed = rates.size() > 3 && rates.size() < 10;
              return server(rate, disturbed ? 0.98 * rate : TRUE_CAPACITY, 0);
            });
    assertThat(found.rate()).isBetween(TRUE_CAPACITY / 1.05, TRUE_CAPACITY);
  }

  @Test
  void saysSoWhereTheDriverIsTheLimit() throws InterruptedException {
    CapacitySearch.Capacity found =
        new CapacitySearch(100, 1.05)
            .run(rate -> server(rate, Double.MAX_VALUE, rate > 500 ? 5_000_000 : 0));
    assertThat(found.driverBound()).isTrue();
    assertThat(found.rate()).isLessThanOrEqualTo(500);
  }

  /** A second in which a server answers the requests up to its capacity, and refuses the others. */
  private static PhaseResult server(double rate, double capacity, long lagNanos) {
    Phase phase = Phase.of("trial", rate, Duration.ofSeconds(1));
    Recorder recorder = new Recorder(false, 0, 15_000_000);
    for (int i = 0; i < 1_000; i++) {
      recorder.sent(0, lagNanos);
      if (i < 1_000 * capacity / rate) {
        recorder.answered(0, 1_000_000, new byte[0], Traffic.Reader.NOTHING);
      } else {
        recorder.ended(0, 1_000_000, Status.Code.RESOURCE_EXHAUSTED);
      }
    }
    return PhaseResult.of(phase, 1, List.of(recorder), null);
  }
}
