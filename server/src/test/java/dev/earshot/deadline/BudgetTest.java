package dev.earshot.deadline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BudgetTest {
  private long now = Long.MAX_VALUE - 500;

  @Test
  void countsFromTheArrivalEvenWhereTheClockWrapsAround() {
    Budget budget = Budget.startingNow(() -> now, Duration.ofNanos(1_000));
    now += 600;

    assertThat(budget.remainingNanos()).isEqualTo(400);
    assertThat(budget.elapsedNanos()).isEqualTo(600);
    assertThat(budget.isSpent()).isFalse();

    now += 400;
    assertThat(budget.isSpent()).isTrue();
  }

  @Test
  void aDurationOfAgesIsAsGoodAsNone() {
    now = 0;
    Budget budget = Budget.startingNow(() -> now, Duration.ofSeconds(Long.MAX_VALUE));

    assertThat(budget.remainingNanos()).isGreaterThan(Duration.ofDays(300).toNanos());
  }

  @Test
  void aNegativeDurationIsSpentAtOnce() {
    assertThat(Budget.startingNow(() -> now, Duration.ofNanos(-5)).isSpent()).isTrue();
  }
}
