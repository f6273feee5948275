package dev.earshot.app.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CalibrationErrorTest {
  private final CalibrationError error = new CalibrationError(15);

  @Test
  void isZeroWhereProbabilitiesComeTrue() {
    for (int i = 0; i < 10; i++) {
      error.add(0.7, i < 7);
    }
    assertThat(error.value()).isCloseTo(0, within(1e-12));
  }

  @Test
  void isTheDistanceFromWhatComesTrue() {
    for (int i = 0; i < 10; i++) {
      error.add(0.9, i < 6);
    }
    assertThat(error.value()).isCloseTo(0.3, within(1e-12));
  }

  @Test
  void weighsBinsByWhatFallsIntoThem() {
    // Three right at 1 (distance 0) and one wrong at 0.4 (distance 0.4).
    for (int i = 0; i < 3; i++) {
      error.add(1, true);
    }
    error.add(0.4, false);
    assertThat(error.value()).isCloseTo(0.1, within(1e-12));
  }

  @Test
  void letsErrorsOfOneBinCancelAndNotThoseOfTwo() {
    // 0.61 and 0.65 share the bin (9/15, 10/15]; 0.61 and 0.68 do not.
    CalibrationError sameBin = new CalibrationError(15);
    sameBin.add(0.61, false);
    sameBin.add(0.65, true);
    assertThat(sameBin.value()).isCloseTo(0.26 / 2, within(1e-12));

    CalibrationError twoBins = new CalibrationError(15);
    twoBins.add(0.61, false);
    twoBins.add(0.68, true);
    assertThat(twoBins.value()).isCloseTo((0.61 + 0.32) / 2, within(1e-12));
  }

  @Test
  void takesTheEndsOfTheRange() {
    error.add(0, false);
    error.add(1, true);
    assertThat(error.value()).isZero();
  }

  @Test
  void isNotANumberWithoutPredictions() {
    assertThat(error.value()).isNaN();
  }
}
