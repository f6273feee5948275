package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MarginTest {
  private static final long MS = 1_000_000;

  private final Margin margin = new Margin(8 * MS);

  @Test
  void isNothingUntilARequestIsAdmittedInVain() {
    margin.begun();
    margin.refused();
    assertThat(margin.nanos()).isZero();

    margin.missed();
    assertThat(margin.nanos()).isPositive();
  }

  @Test
  void comesToRestWhereFourRefusalsInAThousandComeLate() {
    for (int i = 0; i < 4; i++) {
      margin.missed();
    }
    for (int i = 0; i < 999; i++) {
      margin.refused();
      assertThat(margin.nanos()).isPositive();
    }
    margin.refused();
    assertThat(margin.nanos()).isZero();
  }

  @Test
  void fallsMoreSlowlyWhileNothingIsRefused() {
    margin.missed();
    for (int i = 0; i < 999; i++) {
      margin.begun();
    }
    assertThat(margin.nanos()).isPositive();
    margin.begun();
    assertThat(margin.nanos()).isZero();
  }

  @Test
  void risesNoFurtherThanIsOfUse() {
    for (int i = 0; i < 1_000; i++) {
      margin.missed();
    }
    assertThat(margin.nanos()).isEqualTo(8 * MS);
  }
}
