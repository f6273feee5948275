package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.batch.CostModel.Observation;
import java.time.Duration;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class CostModelTest {
  private static final Percentage NEARLY = Percentage.withPercentage(5);
  private static final int A = 100_000;
  private static final int B = 300_000;

  private long now = Long.MAX_VALUE - 1_000;
  private final CostModel model =
      new CostModel(() -> now, List.of(run(1, 1), run(4, 1), run(16, 1)));

  @Test
  void beginsWithTheLineThroughWhatWasMeasuredWhileWarming() {
    assertThat(model.expected(8)).isCloseTo(8 * A + B, NEARLY);
    assertThat(model.bound(8)).isGreaterThan(model.expected(8));
    assertThat(model.expected(0)).isZero();
  }

  @Test
  void followsAMachineThatBecomesSlower() {
    for (int i = 0; i < 400; i++) {
      observe(1 + i % 16, 3);
    }

    assertThat(model.expected(1)).isCloseTo(3 * (A + B), NEARLY);
    assertThat(model.expected(16)).isCloseTo(3 * (16 * A + B), NEARLY);
  }

  @Test
  void hasASlopeEvenWhereAllBatchesAreOfOneSize() {
    for (int i = 0; i < 400; i++) {
      observe(1, 1);
    }

    assertThat(model.expected(1)).isCloseTo(A + B, NEARLY);
    assertThat(model.expected(16)).isCloseTo(16 * A + B, Percentage.withPercentage(20));
  }

  @Test
  void oneStalledRunMovesItALittleOnly() {
    for (int i = 0; i < 200; i++) {
      observe(1 + i % 16, 1);
    }
    model.observe(8, Duration.ofSeconds(5).toNanos());

    assertThat(model.expected(8)).isCloseTo(8 * A + B, Percentage.withPercentage(15));
  }

  @Test
  void theBoundWidensWithWhatIsOffTheLine() {
    for (int i = 0; i < 200; i++) {
      observe(8, 1);
    }
    long narrow = model.bound(8) - model.expected(8);
    for (int i = 0; i < 200; i++) {
      observe(8, i % 2 == 0 ? 0.5 : 1.5);
    }

    assertThat(model.bound(8) - model.expected(8)).isGreaterThan(10 * narrow);
    assertThat(model.bound(8)).isGreaterThan((long) (1.5 * (8 * A + B)));
  }

  @Test
  void aFitThatNothingWasRunUnderForASecondIsNotKept() {
    for (int i = 0; i < 400; i++) {
      observe(1 + i % 16, 4);
    }
    assertThat(model.expected(8)).isGreaterThan(3 * (8 * A + B));
    now += Duration.ofSeconds(1).toNanos();

    assertThat(model.expected(8)).isCloseTo(8 * A + B, NEARLY);
  }

  @Test
  void whereWarmingIsDoubtedOneFasterRunSetsItsLevel() {
    model.doubt();
    observe(1, 0.1);
    assertThat(model.expected(16)).isCloseTo((16 * A + B) / 10, NEARLY);
    now += Duration.ofSeconds(1).toNanos();

    assertThat(model.expected(16)).isCloseTo((16 * A + B) / 10, NEARLY);
    assertThat(model.bound(1)).isLessThan(A + B);
  }

  @Test
  void aSlowerRunDoesNotRaiseADoubtedLevelNorDoLaterRunsWithoutDoubt() {
    model.doubt();
    observe(1, 2);
    observe(1, 0.1);
    now += Duration.ofSeconds(1).toNanos();

    assertThat(model.expected(16)).isCloseTo(16 * A + B, NEARLY);
  }

  private void observe(int rows, double times) {
    Observation run = run(rows, times);
    model.observe(run.rows(), run.nanos());
  }

  private static Observation run(int rows, double times) {
    return new Observation(rows, (long) (times * (A * rows + B)));
  }
}
