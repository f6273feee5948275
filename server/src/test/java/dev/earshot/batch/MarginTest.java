package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MarginTest {
  private static final long MS = 1_000_000;

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - MS);
  private final Margin margin = new Margin(now::get);

  @Test
  void isNothingWhileWhatIsAdmittedIsBegun() {
    refuse(1_000);
    assertThat(margin.nanos()).isZero();
  }

  @Test
  void growsWithWhatIsAdmittedInVainUnderOverload() {
    refuse(400);
    margin.missed();
    assertThat(margin.nanos()).isZero();
    margin.missed();
    assertThat(margin.nanos()).isEqualTo(2 * MS);
    margin.missed();
    assertThat(margin.nanos()).isEqualTo(4 * MS);
  }

  @Test
  void isSmallWhereLittleIsRefused() {
    for (int i = 0; i < 100; i++) {
      margin.missed();
    }
    assertThat(margin.nanos()).isZero();
    refuse(5);
    assertThat(margin.nanos()).isEqualTo(MS / 5);
  }

  @Test
  void isForgottenWithinSeconds() {
    refuse(400);
    margin.missed();
    margin.missed();
    now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertThat(margin.nanos()).isBetween(MS - 1, MS);
    now.addAndGet(TimeUnit.SECONDS.toNanos(9));
    assertThat(margin.nanos()).isLessThan(MS / 400);
  }

  private void refuse(int times) {
    for (int i = 0; i < times; i++) {
      margin.refused();
    }
  }
}
