package dev.earshot.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LanesTest {
  private static final int BYTES = 37;
  private static final int BLOCKS = 5;
  private static final int ROWS = BLOCKS * Lanes.BLOCK;

  private final Lanes scalar = new ScalarLanes();
  private final Lanes vector = new VectorLanes();
  private final Random random = new Random(7);

  @Test
  void testsRunWithVectors() {
    assertThat(StagedIndex.isVectorised()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7})
  void scoresAreTheSameToTheBitEvenWhereSumsPassSixteenBits(int queries) {
    byte[] blocks = bytes(BLOCKS * BYTES * Lanes.BLOCK, 127);
    short[][] query = new short[queries][];
    for (int q = 0; q < queries; q++) {
      query[q] = shorts(2 * BYTES + 1, 3_000);
    }
    short[][] expected = new short[queries][ROWS];
    short[][] actual = new short[queries][ROWS];

    scalar.score(blocks, BYTES, 0, BLOCKS, query, queries, expected, 0);
    vector.score(blocks, BYTES, 0, 2, query, queries, actual, 0);
    vector.score(blocks, BYTES, 2, BLOCKS, query, queries, actual, 2 * Lanes.BLOCK);

    assertThat(actual).isDeepEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 64, 317, ROWS})
  void selectionsAreTheSameForAnyNumberOfScores(int count) {
    short[] scores = shorts(ROWS, 2_000);
    int[] expected = new int[ROWS];
    int[] actual = new int[ROWS];
    for (short threshold : new short[] {Short.MIN_VALUE, -100, 0, 1_500, Short.MAX_VALUE}) {
      int found = scalar.findAtLeast(scores, count, threshold, expected);

      assertThat(vector.findAtLeast(scores, count, threshold, actual)).isEqualTo(found);
      assertThat(Arrays.copyOf(actual, found)).isEqualTo(Arrays.copyOf(expected, found));
      assertThat(vector.countAtLeast(scores, 0, count, threshold)).isEqualTo(found);
      assertThat(scalar.countAtLeast(scores, 0, count, threshold)).isEqualTo(found);
    }
    assertThat(vector.greatest(scores, count)).isEqualTo(scalar.greatest(scores, count));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 31, ROWS})
  void sumsOfPowersAreNearTheExactOnesAndLeaveOutWhatReachesTheThreshold(int count) {
    short[] scores = shorts(ROWS, 3_000);
    short best = scalar.greatest(scores, count);
    // A unit is worth 0.001, as a logit.
    int slope = (int) Math.round(0.001 / Math.log(2) * (1 << 23));
    short threshold = 1_000;
    double exact = 0;
    for (int row = 0; row < count; row++) {
      exact += scores[row] < threshold ? Math.exp(0.001 * (scores[row] - best)) : 0;
    }

    double sum = vector.sumOfPowersBelow(scores, count, threshold, best, slope);

    assertThat(sum).isCloseTo(exact, within(0.05 * exact));
    assertThat(sum)
        .isCloseTo(
            scalar.sumOfPowersBelow(scores, count, threshold, best, slope), within(1e-5 * exact));
  }

  @Test
  void powersFarBelowTheBestAreNothing() {
    short[] scores = new short[Lanes.BLOCK];
    Arrays.fill(scores, Short.MIN_VALUE);

    double sum =
        vector.sumOfPowersBelow(scores, scores.length, (short) 0, Short.MAX_VALUE, 1 << 24);

    assertThat(sum).isBetween(0.0, 1e-30);
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 128, 100, 300})
  void productsAreExactAtTheirGreatest(int dimension) {
    byte[] rows = new byte[3 * dimension];
    Arrays.fill(rows, (byte) 127);
    short[] query = new short[dimension];
    Arrays.fill(query, (short) -128);
    int[] which = {2, 0};
    int[] products = new int[2];
    int[] expected = new int[2];

    vector.products(rows, which, 2, query, products);
    assertThat(products).containsOnly(127 * -128 * dimension);

    byte[] others = bytes(3 * dimension, 127);
    short[] other = shorts(dimension, 127);
    vector.products(others, which, 2, other, products);
    scalar.products(others, which, 2, other, expected);
    assertThat(products).isEqualTo(expected);
  }

  private byte[] bytes(int count, int limit) {
    byte[] values = new byte[count];
    for (int i = 0; i < count; i++) {
      values[i] = (byte) (random.nextInt(2 * limit + 1) - limit);
    }
    return values;
  }

  private short[] shorts(int count, int limit) {
    short[] values = new short[count];
    for (int i = 0; i < count; i++) {
      values[i] = (short) (random.nextInt(2 * limit + 1) - limit);
    }
    return values;
  }
}
