package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.load.ServerUse;
import java.io.PrintWriter;
import java.io.Writer;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private final ProgressLine progress = new ProgressLine(new PrintWriter(Writer.nullWriter()));
  private double driverCompilers;

  @Test
  void goesOnUntilTheCompilersOfBothSidesHaveLittleToDo() {
    WarmUp warmUp = warmUp(20);
    assertThat(warmUp.seconds()).isEqualTo(20);
    warmUp.ran(1, use(0));
    assertThat(warmUp.seconds()).isEqualTo(5);
    warmUp.ran(1, use(0.2));
    assertThat(warmUp.goesOn()).isTrue();
    driverCompilers += 0.2;
    warmUp.ran(1, use(0.1));
    assertThat(warmUp.goesOn()).isTrue();
    driverCompilers += 0.1;
    warmUp.ran(1, use(0.1));
    assertThat(warmUp.goesOn()).isFalse();
  }

  @Test
  void doesNotWaitForEverForACompilerThatNeverRests() {
    WarmUp warmUp = warmUp(20);
    double seconds = 0;
    while (warmUp.goesOn()) {
      seconds += warmUp.seconds();
      warmUp.ran(1, use(warmUp.seconds()));
      assertThat(seconds).isLessThan(200);
    }
    assertThat(seconds).isEqualTo(170);
  }

  @Test
  void slowsDownWhileTheServerDoesNotKeepUpForOnAFullCoreCompilersGetNothing() {
    WarmUp warmUp = warmUp(20);
    assertThat(warmUp.rateShare()).isEqualTo(1);
    warmUp.ran(0.3, use(0));
    assertThat(warmUp.rateShare()).isEqualTo(0.5);
    warmUp.ran(0.9, use(0));
    assertThat(warmUp.goesOn()).isTrue();
    assertThat(warmUp.rateShare()).isEqualTo(0.25);
    warmUp.ran(0.99, use(0.2));
    assertThat(warmUp.goesOn()).isTrue();
    assertThat(warmUp.rateShare()).isEqualTo(0.5);
    warmUp.ran(1, use(0.1));
    assertThat(warmUp.goesOn()).isFalse();
  }

  @Test
  void isLeftOutWhereNoneIsWanted() {
    assertThat(warmUp(0).goesOn()).isFalse();
  }

  private WarmUp warmUp(double seconds) {
    return new WarmUp(seconds, progress, () -> driverCompilers);
  }

  private static ServerUse use(double compilerSeconds) {
    return new ServerUse(5, compilerSeconds, 0, 0);
  }
}
