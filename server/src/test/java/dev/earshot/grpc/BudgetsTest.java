package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BudgetsTest {
  private static final long ARRIVED = TimeUnit.HOURS.toNanos(1);

  private final Budgets budgets = new Budgets(() -> ARRIVED, Duration.ofMillis(15), false);

  @Test
  void aBudgetBeginsWhenARequestIsReadWhereTheLoopWasLookingOut() {
    assertThat(budgets.onArrival(Duration.ZERO).arrivalNanos()).isEqualTo(ARRIVED);
  }

  @Test
  void whatWasLeftUnreadHasSpentHalfOfThatTime() {
    AtomicLong spent = new AtomicLong();

    int returned =
        Arrivals.readSince(
            System.nanoTime() - TimeUnit.MINUTES.toNanos(2),
            () -> {
              spent.set(budgets.onArrival(Duration.ofMinutes(3)).elapsedNanos());
              return 7;
            });

    assertThat(returned).isEqualTo(7);
    assertThat(spent.get()).isBetween(TimeUnit.SECONDS.toNanos(60), TimeUnit.SECONDS.toNanos(90));
    assertThat(budgets.onArrival(Duration.ZERO).elapsedNanos()).isZero();
  }
}
