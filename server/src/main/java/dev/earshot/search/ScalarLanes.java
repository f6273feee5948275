package dev.earshot.search;

/** One row after the other: for JVMs without vectors, and to prove those with them. */
final class ScalarLanes implements Lanes {
  @Override
  public void score(
      byte[] blocks,
      int bytes,
      int from,
      int to,
      short[][] queries,
      int count,
      short[][] scores,
      int at) {
    for (int block = from; block < to; block++) {
      for (int lane = 0; lane < BLOCK; lane++) {
        for (int q = 0; q < count; q++) {
          scores[q][at + (block - from) * BLOCK + lane] =
              score(blocks, bytes, block, lane, queries[q]);
        }
      }
    }
  }

  static short score(byte[] blocks, int bytes, int block, int lane, short[] query) {
    int at = block * bytes * BLOCK + lane;
    int sum = query[2 * bytes];
    for (int i = 0; i < bytes; i++) {
      int value = blocks[at + i * BLOCK];
      sum += value * query[2 * i] + (value & LOWER) * query[2 * i + 1];
    }
    return (short) sum;
  }

  @Override
  public short greatest(short[] scores, int count) {
    return greatest(scores, 0, count, Short.MIN_VALUE);
  }

  static short greatest(short[] scores, int from, int to, short least) {
    short most = least;
    for (int row = from; row < to; row++) {
      if (scores[row] > most) {
        most = scores[row];
      }
    }
    return most;
  }

  @Override
  public int countAtLeast(short[] scores, int from, int to, short threshold) {
    int found = 0;
    for (int row = from; row < to; row++) {
      found += scores[row] >= threshold ? 1 : 0;
    }
    return found;
  }

  @Override
  public int findAtLeast(short[] scores, int count, short threshold, int[] found) {
    return findAtLeast(scores, 0, count, threshold, found, 0);
  }

  /** From row {@code from} on, written from {@code at} on; returns where the next would go. */
  static int findAtLeast(short[] scores, int from, int to, short threshold, int[] found, int at) {
    int next = at;
    for (int row = from; row < to; row++) {
      if (scores[row] >= threshold) {
        found[next++] = row;
      }
    }
    return next;
  }

  @Override
  public double sumOfPowersBelow(
      short[] scores, int count, short threshold, short best, int slope) {
    return sumOfPowersBelow(scores, 0, count, threshold, best, slope);
  }

  static double sumOfPowersBelow(
      short[] scores, int from, int to, short threshold, short best, int slope) {
    int widest = Lanes.widest(slope);
    double sum = 0;
    for (int row = from; row < to; row++) {
      if (scores[row] < threshold) {
        sum += Lanes.powerOfTwo(Math.max(scores[row] - best, -widest) * slope);
      }
    }
    return sum / MEAN_EXCESS;
  }

  @Override
  public void products(byte[] rows, int[] which, int count, short[] query, int[] products) {
    for (int i = 0; i < count; i++) {
      int at = which[i] * query.length;
      int sum = 0;
      for (int d = 0; d < query.length; d++) {
        sum += rows[at + d] * query[d];
      }
      products[i] = sum;
    }
  }
}
