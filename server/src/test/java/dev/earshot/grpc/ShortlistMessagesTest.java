package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.shortlist.Shortlist;
import dev.earshot.shortlist.Shortlist.StageTimes;
import dev.earshot.v1.Timings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ShortlistMessagesTest {
  private final AtomicLong nanos = new AtomicLong(1_000_000_000);

  @Test
  void theTotalReachesUntilTheResponseIsHandedOver() {
    Budget budget = Budget.startingNow(nanos::get, Duration.ofMillis(15));
    nanos.addAndGet(5_000_000);
    Shortlist found =
        new Shortlist(
            List.of(),
            false,
            0,
            Degradation.NONE,
            "1",
            0,
            new StageTimes(1_000_000, 0, 900_000, 50_000, 450_000, 3_000_000, 1, 0));

    Timings timings = ShortlistMessages.response("r", found, budget).getTimings();

    assertThat(timings.getTotalUs()).isEqualTo(5_000);
    assertThat(timings.getQueueUs()).isEqualTo(1_000);
    assertThat(timings.getClassifyUs()).isEqualTo(450);
  }
}
