package dev.earshot.search;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * Searches a small index until the JVM has compiled what a search runs. Vectors that are not yet
 * compiled are objects, and a search takes a hundred times as long.
 */
public final class StagedWarmUp {
  private static final int ROWS = 2_048;
  private static final int DIMENSION = 256;
  private static final int K = 20;
  private static final int[] ENABLED = {0, ROWS / 2, ROWS - 1};
  private static final float[] BOOSTS = {1, 1, 1};
  private static final int SEARCHES = 50;

  /** Rounds that must be no faster than the fastest before: compiled code comes in steps. */
  private static final int STEADY_ROUNDS = 8;

  private static final double NO_FASTER = 0.9;

  private StagedWarmUp() {}

  /**
   * Searches; within a tenth of a second where all is compiled.
   *
   * @param mostNanos after which it ends in any case
   */
  public static void run(long mostNanos) {
    Heads rows = randomRows();
    Lanes lanes = StagedIndex.lanesOfThisJvm();
    StagedSearch[] searches = {
      new StagedSearch(StagedIndex.of(rows, true, lanes, false), 8, K),
      new StagedSearch(StagedIndex.of(rows, true, lanes, true), 8, K)
    };
    Random random = new Random(1);
    long end = System.nanoTime() + mostNanos;
    long fastest = Long.MAX_VALUE;
    int steady = 0;
    while (steady < STEADY_ROUNDS && System.nanoTime() < end) {
      long start = System.nanoTime();
      for (int i = 0; i < SEARCHES; i++) {
        search(searches[i % 2], 1 + i / 2 % StagedSearch.AT_A_TIME, rows, random);
      }
      long took = System.nanoTime() - start;
      steady = took > NO_FASTER * fastest ? steady + 1 : 0;
      fastest = Math.min(fastest, took);
    }
  }

  private static void search(StagedSearch search, int slots, Heads rows, Random random) {
    for (int slot = 0; slot < slots; slot++) {
      fill(search.query(slot), rows, random);
    }
    search.score(slots);
    for (int slot = 0; slot < slots; slot++) {
      search.find(slot, ENABLED, BOOSTS, 1, K);
    }
  }

  private static Heads randomRows() {
    Random random = new Random(2);
    byte[] rows = new byte[ROWS * DIMENSION];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (byte) (random.nextInt(127) - 63);
    }
    float[] scales = new float[ROWS];
    Arrays.fill(scales, (float) (1 / (63 / Math.sqrt(3) * Math.sqrt(DIMENSION))));
    return new Heads(DIMENSION, ByteBuffer.wrap(rows), scales, new float[ROWS], 32, 0.004f);
  }

  /** Anything between a row and nothing like one: of sure queries less is looked at again. */
  private static void fill(float[] query, Heads rows, Random random) {
    int row = random.nextInt(ROWS);
    float noise = 4 * random.nextFloat() / (float) Math.sqrt(DIMENSION);
    double squares = 0;
    for (int d = 0; d < query.length; d++) {
      float value = rows.rows().get(row * DIMENSION + d) * rows.scales()[row];
      query[d] = value + noise * (float) random.nextGaussian();
      squares += query[d] * query[d];
    }
    for (int d = 0; d < query.length; d++) {
      query[d] /= (float) Math.sqrt(squares);
    }
  }
}
