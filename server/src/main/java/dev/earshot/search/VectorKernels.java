package dev.earshot.search;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The arithmetic of {@link VectorLanes}: as many rows at a time as a vector has lanes of 16 bits.
 * Of what JDK 17 and newer have alike.
 */
final class VectorKernels {
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(SHORTS.vectorBitSize() / 2));

  /** As many shorts as there are ints in a vector. */
  private static final VectorSpecies<Short> HALF =
      VectorSpecies.of(short.class, VectorShape.forBitSize(SHORTS.vectorBitSize() / 2));

  private static final int LANES = SHORTS.length();
  private static final int PAIR = 2 * LANES;

  /** Rows of a mask that are written at once. */
  private static final int PLACED = 4;

  private static final int CACHE_LINE = 64;

  /** Rows whose cache lines are asked for at a time. */
  private static final int FETCHED = 64;

  /** Whether a mask becomes bits by one instruction. */
  private static final boolean MASKS_ARE_BITS = Runtime.version().feature() >= 18;

  /** Whether vectors are long enough, and a block holds whole pairs of them. */
  static boolean areUsable() {
    return LANES >= 8 && Lanes.BLOCK % PAIR == 0;
  }

  static void score(
      byte[] blocks,
      int bytes,
      int from,
      int to,
      short[][] queries,
      int count,
      short[][] scores,
      int at) {
    int written = at - from * Lanes.BLOCK;
    int q = 0;
    for (; q + 2 <= count; q += 2) {
      score2(blocks, bytes, from, to, queries, scores, q, written);
    }
    if (q < count) {
      score1(blocks, bytes, from, to, queries[q], scores[q], written);
    }
  }

  private static ShortVector bytes(byte[] from, int at) {
    return (ShortVector) ByteVector.fromArray(BYTES, from, at).castShape(SHORTS, 0);
  }

  private static ShortVector all(short value) {
    return ShortVector.broadcast(SHORTS, value);
  }

  private static void score1(
      byte[] blocks, int bytes, int from, int to, short[] query0, short[] scores0, int written) {
    ShortVector lower = all((short) Lanes.LOWER);
    for (int row = from * Lanes.BLOCK; row < to * Lanes.BLOCK; row += PAIR) {
      int at = row / Lanes.BLOCK * bytes * Lanes.BLOCK + row % Lanes.BLOCK;
      ShortVector a0 = all(query0[2 * bytes]);
      ShortVector b0 = a0;
      for (int i = 0; i < 2 * bytes; i += 2, at += Lanes.BLOCK) {
        ShortVector a = bytes(blocks, at);
        ShortVector b = bytes(blocks, at + LANES);
        ShortVector aLower = a.and(lower);
        ShortVector bLower = b.and(lower);
        ShortVector f0 = all(query0[i]);
        ShortVector s0 = all(query0[i + 1]);
        a0 = a0.add(a.mul(f0)).add(aLower.mul(s0));
        b0 = b0.add(b.mul(f0)).add(bLower.mul(s0));
      }
      a0.intoArray(scores0, row + written);
      b0.intoArray(scores0, row + written + LANES);
    }
  }

  /** Two queries for each vector of rows: with four their scores no longer fit into registers. */
  private static void score2(
      byte[] blocks,
      int bytes,
      int from,
      int to,
      short[][] queries,
      short[][] scores,
      int first,
      int written) {
    short[] query0 = queries[first];
    short[] query1 = queries[first + 1];
    ShortVector lower = all((short) Lanes.LOWER);
    for (int row = from * Lanes.BLOCK; row < to * Lanes.BLOCK; row += PAIR) {
      int at = row / Lanes.BLOCK * bytes * Lanes.BLOCK + row % Lanes.BLOCK;
      ShortVector a0 = all(query0[2 * bytes]);
      ShortVector b0 = a0;
      ShortVector a1 = all(query1[2 * bytes]);
      ShortVector b1 = a1;
      for (int i = 0; i < 2 * bytes; i += 2, at += Lanes.BLOCK) {
        ShortVector a = bytes(blocks, at);
        ShortVector b = bytes(blocks, at + LANES);
        ShortVector aLower = a.and(lower);
        ShortVector bLower = b.and(lower);
        ShortVector f0 = all(query0[i]);
        ShortVector s0 = all(query0[i + 1]);
        a0 = a0.add(a.mul(f0)).add(aLower.mul(s0));
        b0 = b0.add(b.mul(f0)).add(bLower.mul(s0));
        ShortVector f1 = all(query1[i]);
        ShortVector s1 = all(query1[i + 1]);
        a1 = a1.add(a.mul(f1)).add(aLower.mul(s1));
        b1 = b1.add(b.mul(f1)).add(bLower.mul(s1));
      }
      a0.intoArray(scores[first], row + written);
      b0.intoArray(scores[first], row + written + LANES);
      a1.intoArray(scores[first + 1], row + written);
      b1.intoArray(scores[first + 1], row + written + LANES);
    }
  }

  static short greatest(short[] scores, int count) {
    ShortVector most = ShortVector.broadcast(SHORTS, Short.MIN_VALUE);
    int row = 0;
    for (; row + LANES <= count; row += LANES) {
      most = most.max(ShortVector.fromArray(SHORTS, scores, row));
    }
    return ScalarLanes.greatest(scores, row, count, most.reduceLanes(VectorOperators.MAX));
  }

  static int countAtLeast(short[] scores, int from, int to, short threshold) {
    int found = 0;
    int row = from;
    for (; row + LANES <= to; row += LANES) {
      found += atLeast(scores, row, threshold).trueCount();
    }
    for (; row < to; row++) {
      found += scores[row] >= threshold ? 1 : 0;
    }
    return found;
  }

  private static VectorMask<Short> atLeast(short[] scores, int row, short threshold) {
    return ShortVector.fromArray(SHORTS, scores, row).compare(VectorOperators.GE, threshold);
  }

  static int findAtLeast(short[] scores, int count, short threshold, int[] found) {
    int next = 0;
    int row = 0;
    for (; row + LANES <= count; row += LANES) {
      if (MASKS_ARE_BITS) {
        long bits = atLeast(scores, row, threshold).toLong();
        if (bits != 0) {
          next = place(bits, row, found, next);
        }
      } else if (atLeast(scores, row, threshold).anyTrue()) {
        next = ScalarLanes.findAtLeast(scores, row, row + LANES, threshold, found, next);
      }
    }
    return ScalarLanes.findAtLeast(scores, row, count, threshold, found, next);
  }

  /**
   * Writes the rows of a mask's bits. The first four are written whether they are there or not:
   * branches that nobody can foretell cost more, and what is not there is written over.
   */
  private static int place(long bits, int row, int[] found, int at) {
    int count = Long.bitCount(bits);
    if (at + PLACED > found.length || count > PLACED) {
      int next = at;
      for (long left = bits; left != 0; left &= left - 1) {
        found[next++] = row + Long.numberOfTrailingZeros(left);
      }
      return next;
    }
    long left = bits;
    found[at] = row + Long.numberOfTrailingZeros(left);
    left &= left - 1;
    found[at + 1] = row + Long.numberOfTrailingZeros(left);
    left &= left - 1;
    found[at + 2] = row + Long.numberOfTrailingZeros(left);
    left &= left - 1;
    found[at + 3] = row + Long.numberOfTrailingZeros(left);
    return at + count;
  }

  static double sumOfPowersBelow(
      short[] scores, int count, short threshold, short best, int slope) {
    int step = INTS.length();
    int widest = Lanes.widest(slope);
    double sum = 0;
    int row = 0;
    while (row + step <= count) {
      // Not too many at a time: floats lose small summands.
      int end = Math.min(count, row + 4_096);
      FloatVector sums = FloatVector.zero(FLOATS);
      for (; row + step <= end; row += step) {
        IntVector score = (IntVector) ShortVector.fromArray(HALF, scores, row).castShape(INTS, 0);
        IntVector bits = score.sub(best).max(-widest).mul(slope).add(Lanes.POWER_ZERO).max(0);
        FloatVector powers = bits.reinterpretAsFloats();
        VectorMask<Float> below = score.compare(VectorOperators.LT, (int) threshold).cast(FLOATS);
        sums = sums.add(powers, below);
      }
      sum += sums.reduceLanes(VectorOperators.ADD);
    }
    return sum / Lanes.MEAN_EXCESS
        + ScalarLanes.sumOfPowersBelow(scores, row, count, threshold, best, slope);
  }

  static int products(byte[] rows, int[] which, int count, short[] query, int[] products) {
    int fetched = 0;
    for (int from = 0; from < count; from += FETCHED) {
      int to = Math.min(count, from + FETCHED);
      fetched += fetch(rows, which, from, to, query.length);
      products(rows, which, from, to, query, products);
    }
    return fetched;
  }

  /**
   * Reads a byte of each cache line that is about to be needed. The reads wait for nothing, so that
   * the processor has many of them under way; among products there are few.
   *
   * @return of no meaning; without it the reads would have no use and be left out
   */
  private static int fetch(byte[] rows, int[] which, int from, int to, int length) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      int at = which[i] * length;
      for (int d = 0; d < length; d += CACHE_LINE) {
        sum += rows[at + d];
      }
    }
    return sum;
  }

  private static void products(
      byte[] rows, int[] which, int from, int to, short[] query, int[] products) {
    for (int i = from; i < to; i++) {
      int at = which[i] * query.length;
      IntVector sums = IntVector.zero(INTS);
      int d = 0;
      // Two products of 127 and -128 fit into 16 bits.
      for (; d + PAIR <= query.length; d += PAIR) {
        ShortVector pair = products(rows, at, query, d).add(products(rows, at, query, d + LANES));
        sums = sums.add((IntVector) pair.castShape(INTS, 0));
        sums = sums.add((IntVector) pair.castShape(INTS, 1));
      }
      int sum = sums.reduceLanes(VectorOperators.ADD);
      for (; d < query.length; d++) {
        sum += rows[at + d] * query[d];
      }
      products[i] = sum;
    }
  }

  private static ShortVector products(byte[] rows, int at, short[] query, int d) {
    return bytes(rows, at + d).mul(ShortVector.fromArray(SHORTS, query, d));
  }
}
