package dev.earshot.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Where a query looks into the cells that are near to it. */
class ProbedSearchTest extends StagedSearchContract {
  private static final int ROWS = 10_000;
  private static final int DIMENSION = 256;

  ProbedSearchTest() {
    super(true);
  }

  @Test
  void looksAtAFifthOfTheRowsAndTheirNeighbours() {
    Random random = new Random(5);
    StagedIndex index = StagedIndex.of(randomRows(random), true, new VectorLanes(), true);
    Probe probe = new Probe(index);
    short[][] scores = new short[1][index.blockCount() * Lanes.BLOCK];
    short[][] query = new short[1][StagedIndex.QUERY];
    float[] vector = new float[DIMENSION];
    for (int i = 0; i < 20; i++) {
      for (int d = 0; d < DIMENSION; d++) {
        vector[d] = (float) (random.nextGaussian() / Math.sqrt(DIMENSION));
      }
      index.coarse(
          vector,
          new float[StagedIndex.LEADING + StagedIndex.FURTHER],
          query[0],
          new short[StagedIndex.FURTHER]);

      int count = probe.score(query, scores);

      assertThat(count).isBetween(ROWS / 5, ROWS / 2);
      for (int position = 0; position < count; position++) {
        int place = probe.place(position);
        assertThat(place).isLessThan(ROWS);
        assertThat(probe.position(place)).isEqualTo(position);
        assertThat(scores[0][position])
            .isEqualTo(
                ScalarLanes.score(
                    index.blocks(),
                    StagedIndex.BYTES,
                    place / Lanes.BLOCK,
                    place % Lanes.BLOCK,
                    query[0]));
      }
    }
  }

  @Test
  void whatIsNotLookedAtCountsWhereNoRowStandsOut() {
    Random random = new Random(6);
    Heads heads = randomRows(random);
    StagedSearch search =
        new StagedSearch(StagedIndex.of(heads, true, new VectorLanes(), true), 1, 10);
    for (int d = 0; d < DIMENSION; d++) {
      search.query(0)[d] = (random.nextBoolean() ? 1 : -1) / 16f;
    }
    float inverseTemperature = 0.1f;
    double powers = 0;
    for (int row = 0; row < ROWS; row++) {
      double product = 0;
      for (int d = 0; d < DIMENSION; d++) {
        product += heads.rows().get(row * DIMENSION + d) * search.query(0)[d];
      }
      powers += Math.exp(inverseTemperature * heads.logitScale() * heads.scales()[row] * product);
    }

    search.score(1);
    search.find(0, new int[0], new float[0], inverseTemperature, 10);

    assertThat(search.logTotal()).isCloseTo(Math.log(powers), within(0.1));
  }

  private static Heads randomRows(Random random) {
    byte[] rows = new byte[ROWS * DIMENSION];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (byte) (random.nextInt(127) - 63);
    }
    float[] scales = new float[ROWS];
    Arrays.fill(scales, 1 / 600f);
    return new Heads(DIMENSION, ByteBuffer.wrap(rows), scales, new float[ROWS], 24, 0.004f);
  }
}
