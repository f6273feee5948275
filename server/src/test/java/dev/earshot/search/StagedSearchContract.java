package dev.earshot.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every search does, whatever it looks at: against all exact logits, on rows around a thousand
 * centres: neighbours, as skills have.
 */
abstract class StagedSearchContract {
  private static final int ROWS = 20_000;
  private static final int DIMENSION = 256;
  private static final int K = 20;
  private static final float LOGIT_SCALE = 24;
  private static final float QUERY_SCALE = 0.004f;
  private static final int[] NOBODY = {};
  private static final float[] NOTHING = {};

  private static final Heads HEADS = heads();
  private final boolean isProbed;
  private final StagedIndex index;
  private final StagedSearch search;
  private final Random random = new Random(3);

  /**
   * @param isProbed whether a query looks at a part of the rows only
   */
  StagedSearchContract(boolean isProbed) {
    this.isProbed = isProbed;
    index = StagedIndex.of(HEADS, true, new VectorLanes(), isProbed);
    search = new StagedSearch(index, 64, 100);
  }

  @Test
  void findsNearlyAllOfTheBestWithTheirExactLogits() {
    int found = 0;
    for (int i = 0; i < 50; i++) {
      float[] query = query();
      double[] exact = logits(query, NOBODY, NOTHING);
      Set<Integer> best = new HashSet<>(best(exact, K));

      find(query, NOBODY, NOTHING, 1);

      for (int rank = 0; rank < K; rank++) {
        int row = search.row(rank);
        found += best.contains(row) ? 1 : 0;
        double logit = search.logProbability(rank) + search.logTotal();
        assertThat(logit).isCloseTo(exact[row], within(1e-3));
      }
    }
    assertThat(found).isGreaterThan((int) (0.99 * 50 * K));
  }

  @Test
  void findsMostOfTheBestOfAnUnsureQueryToo() {
    int found = 0;
    for (int i = 0; i < 20; i++) {
      float[] query = between(query(), query());
      Set<Integer> best = new HashSet<>(best(logits(query, NOBODY, NOTHING), K));

      find(query, NOBODY, NOTHING, 1);

      for (int rank = 0; rank < K; rank++) {
        found += best.contains(search.row(rank)) ? 1 : 0;
      }
    }
    // Of so few rows, what is between two centres may lie in a cell that is not looked at.
    assertThat(found).isGreaterThan((int) ((isProbed ? 0.85 : 0.99) * 20 * K));
  }

  /** As near to one as to the other. */
  private static float[] between(float[] one, float[] other) {
    float[] sum = new float[DIMENSION];
    double squares = 0;
    for (int d = 0; d < DIMENSION; d++) {
      sum[d] = one[d] + other[d];
      squares += sum[d] * sum[d];
    }
    for (int d = 0; d < DIMENSION; d++) {
      sum[d] /= (float) Math.sqrt(squares);
    }
    return sum;
  }

  @Test
  void looksCloserAtWhatMayBeAmongTheBestAlone() {
    find(query(), NOBODY, NOTHING, 1);

    // As many as are around a centre; of unsure queries it would be hundreds.
    assertThat(search.exactCount()).isBetween(K, 2 * K);
    assertThat(search.refinedCount()).isBetween(search.exactCount(), 256);
  }

  @Test
  void estimatesTheTotalOfAllFromTheFewThatItComputes() {
    for (float inverseTemperature : new float[] {0.7f, 1, 1.3f}) {
      float[] query = query();
      double[] exact = logits(query, NOBODY, NOTHING);
      double total =
          Math.log(Arrays.stream(exact).map(x -> Math.exp(inverseTemperature * x)).sum());

      find(query, NOBODY, NOTHING, inverseTemperature);

      assertThat(search.logTotal()).isCloseTo(total, within(0.1));
    }
  }

  @Test
  void enabledRowsAreExactHoweverLowTheyScore() {
    float[] query = query();
    double[] plain = logits(query, NOBODY, NOTHING);
    int worst = best(plain, ROWS).get(ROWS - 1);
    int second = best(plain, 2).get(1);
    int[] enabled = {Math.min(worst, second), Math.max(worst, second)};
    float[] boosts = {60, 60};
    double[] exact = logits(query, enabled, boosts);

    find(query, enabled, boosts, 1);

    assertThat(search.row(0)).isEqualTo(second);
    assertThat(IntStream.range(0, K).map(search::row).toArray())
        .contains(worst)
        .doesNotHaveDuplicates();
    int rank = IntStream.range(0, K).filter(r -> search.row(r) == worst).findFirst().orElseThrow();
    assertThat(search.logProbability(rank) + search.logTotal())
        .isCloseTo(exact[worst], within(1e-3));
  }

  @Test
  void anAnswerDoesNotDependOnWhoIsScoredBesideIt() {
    float[][] queries = {query(), query(), query(), query()};
    for (int slots = 1; slots <= StagedSearch.AT_A_TIME; slots++) {
      StagedSearch together = new StagedSearch(index, 64, 100);
      for (int slot = 0; slot < slots; slot++) {
        System.arraycopy(queries[slot], 0, together.query(slot), 0, DIMENSION);
      }
      together.score(slots);
      for (int slot = 0; slot < slots; slot++) {
        find(queries[slot], NOBODY, NOTHING, 1);
        together.find(slot, NOBODY, NOTHING, 1, K);
        for (int rank = 0; rank < K; rank++) {
          assertThat(together.row(rank)).isEqualTo(search.row(rank));
          assertThat(together.logProbability(rank)).isEqualTo(search.logProbability(rank));
        }
      }
    }
  }

  @Test
  void withoutVectorsAndWithRowsReadFromTheFileTheAnswersAreTheSame() {
    StagedSearch other =
        new StagedSearch(StagedIndex.of(HEADS, false, new ScalarLanes(), isProbed), 64, 100);
    float[] query = query();
    find(query, NOBODY, NOTHING, 1);

    System.arraycopy(query, 0, other.query(0), 0, DIMENSION);
    other.score(1);
    other.find(0, NOBODY, NOTHING, 1, K);

    for (int rank = 0; rank < K; rank++) {
      assertThat(other.row(rank)).isEqualTo(search.row(rank));
      assertThat(other.logProbability(rank)).isCloseTo(search.logProbability(rank), within(1e-5f));
    }
  }

  @Test
  void rowsThatAllScoreAlikeAreAllAnsweredInTheirOrder() {
    byte[] rows = new byte[2_000 * DIMENSION];
    Arrays.fill(rows, (byte) 4);
    float[] scales = new float[2_000];
    Arrays.fill(scales, 1 / 64f);
    Heads same =
        new Heads(
            DIMENSION, ByteBuffer.wrap(rows), scales, new float[2_000], LOGIT_SCALE, QUERY_SCALE);
    StagedSearch alike =
        new StagedSearch(StagedIndex.of(same, true, new VectorLanes(), isProbed), 64, 100);
    System.arraycopy(query(), 0, alike.query(0), 0, DIMENSION);

    alike.score(1);
    alike.find(0, NOBODY, NOTHING, 1, K);

    assertThat(IntStream.range(0, K).map(alike::row).toArray()).isEqualTo(range(K));
    assertThat(alike.logProbability(0)).isCloseTo((float) -Math.log(2_000), within(1e-3f));
  }

  private static int[] range(int count) {
    return IntStream.range(0, count).toArray();
  }

  private void find(float[] query, int[] enabled, float[] boosts, float inverseTemperature) {
    System.arraycopy(query, 0, search.query(0), 0, DIMENSION);
    search.score(1);
    search.find(0, enabled, boosts, inverseTemperature, K);
  }

  /** Near some row, as an utterance is near its skill. */
  private float[] query() {
    float[] query = new float[DIMENSION];
    int row = random.nextInt(ROWS);
    double squares = 0;
    for (int d = 0; d < DIMENSION; d++) {
      query[d] =
          HEADS.rows().get(row * DIMENSION + d) * HEADS.scales()[row]
              + (float) (0.03 * random.nextGaussian());
      squares += query[d] * query[d];
    }
    for (int d = 0; d < DIMENSION; d++) {
      query[d] /= (float) Math.sqrt(squares);
    }
    return query;
  }

  private static double[] logits(float[] query, int[] enabled, float[] boosts) {
    double[] logits = new double[ROWS];
    for (int row = 0; row < ROWS; row++) {
      int product = 0;
      for (int d = 0; d < DIMENSION; d++) {
        int value = (int) Math.max(-128, Math.min(127, Math.rint(query[d] / QUERY_SCALE)));
        product += HEADS.rows().get(row * DIMENSION + d) * value;
      }
      logits[row] =
          (double) product * QUERY_SCALE * LOGIT_SCALE * HEADS.scales()[row] + HEADS.biases()[row];
    }
    for (int e = 0; e < enabled.length; e++) {
      logits[enabled[e]] += boosts[e];
    }
    return logits;
  }

  private static List<Integer> best(double[] logits, int count) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer row) -> -logits[row]))
        .limit(count)
        .toList();
  }

  /** Centres whose components shrink, so that some directions matter more, with noise around. */
  private static Heads heads() {
    Random random = new Random(1);
    float[][] centres = new float[1_000][DIMENSION];
    for (float[] centre : centres) {
      for (int d = 0; d < DIMENSION; d++) {
        centre[d] = (float) (random.nextGaussian() * Math.exp(-d / 60.0));
      }
    }
    byte[] rows = new byte[ROWS * DIMENSION];
    float[] scales = new float[ROWS];
    float[] biases = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      float[] vector = centres[row % centres.length].clone();
      float greatest = 0;
      double squares = 0;
      for (int d = 0; d < DIMENSION; d++) {
        vector[d] += (float) (0.1 * random.nextGaussian());
        greatest = Math.max(greatest, Math.abs(vector[d]));
      }
      for (int d = 0; d < DIMENSION; d++) {
        byte value = (byte) Math.round(vector[d] / greatest * 63);
        rows[row * DIMENSION + d] = value;
        squares += value * value;
      }
      scales[row] = (float) (1 / Math.sqrt(squares));
      biases[row] = (float) (0.5 * random.nextGaussian());
    }
    return new Heads(DIMENSION, ByteBuffer.wrap(rows), scales, biases, LOGIT_SCALE, QUERY_SCALE);
  }
}
