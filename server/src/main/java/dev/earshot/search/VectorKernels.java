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
      int components,
      int from,
      int to,
      short[][] queries,
      int count,
      short[][] scores) {
    int q = 0;
    for (; q + 4 <= count; q += 4) {
      score4(blocks, components, from, to, queries, scores, q);
    }
    for (; q + 2 <= count; q += 2) {
      score2(blocks, components, from, to, queries, scores, q);
    }
    if (q < count) {
      score1(blocks, components, from, to, queries[q], scores[q]);
    }
  }

  private static ShortVector components(byte[] blocks, int at) {
    return (ShortVector) ByteVector.fromArray(BYTES, blocks, at).castShape(SHORTS, 0);
  }

  private static void score1(
      byte[] blocks, int components, int from, int to, short[] query, short[] scores) {
    for (int row = from * Lanes.BLOCK; row < to * Lanes.BLOCK; row += PAIR) {
      int at = at(row, components);
      ShortVector a = ShortVector.zero(SHORTS);
      ShortVector b = a;
      for (int c = 0; c < components; c++, at += Lanes.BLOCK) {
        ShortVector q = ShortVector.broadcast(SHORTS, query[c]);
        a = a.add(components(blocks, at).mul(q));
        b = b.add(components(blocks, at + LANES).mul(q));
      }
      a.intoArray(scores, row);
      b.intoArray(scores, row + LANES);
    }
  }

  private static void score2(
      byte[] blocks,
      int components,
      int from,
      int to,
      short[][] queries,
      short[][] scores,
      int first) {
    short[] query0 = queries[first];
    short[] query1 = queries[first + 1];
    for (int row = from * Lanes.BLOCK; row < to * Lanes.BLOCK; row += PAIR) {
      int at = at(row, components);
      ShortVector a0 = ShortVector.zero(SHORTS);
      ShortVector b0 = a0;
      ShortVector a1 = a0;
      ShortVector b1 = a0;
      for (int c = 0; c < components; c++, at += Lanes.BLOCK) {
        ShortVector a = components(blocks, at);
        ShortVector b = components(blocks, at + LANES);
        ShortVector q0 = ShortVector.broadcast(SHORTS, query0[c]);
        a0 = a0.add(a.mul(q0));
        b0 = b0.add(b.mul(q0));
        ShortVector q1 = ShortVector.broadcast(SHORTS, query1[c]);
        a1 = a1.add(a.mul(q1));
        b1 = b1.add(b.mul(q1));
      }
      a0.intoArray(scores[first], row);
      b0.intoArray(scores[first], row + LANES);
      a1.intoArray(scores[first + 1], row);
      b1.intoArray(scores[first + 1], row + LANES);
    }
  }

  private static void score4(
      byte[] blocks,
      int components,
      int from,
      int to,
      short[][] queries,
      short[][] scores,
      int first) {
    short[] query0 = queries[first];
    short[] query1 = queries[first + 1];
    short[] query2 = queries[first + 2];
    short[] query3 = queries[first + 3];
    for (int row = from * Lanes.BLOCK; row < to * Lanes.BLOCK; row += PAIR) {
      int at = at(row, components);
      ShortVector a0 = ShortVector.zero(SHORTS);
      ShortVector b0 = a0;
      ShortVector a1 = a0;
      ShortVector b1 = a0;
      ShortVector a2 = a0;
      ShortVector b2 = a0;
      ShortVector a3 = a0;
      ShortVector b3 = a0;
      for (int c = 0; c < components; c++, at += Lanes.BLOCK) {
        ShortVector a = components(blocks, at);
        ShortVector b = components(blocks, at + LANES);
        ShortVector q0 = ShortVector.broadcast(SHORTS, query0[c]);
        a0 = a0.add(a.mul(q0));
        b0 = b0.add(b.mul(q0));
        ShortVector q1 = ShortVector.broadcast(SHORTS, query1[c]);
        a1 = a1.add(a.mul(q1));
        b1 = b1.add(b.mul(q1));
        ShortVector q2 = ShortVector.broadcast(SHORTS, query2[c]);
        a2 = a2.add(a.mul(q2));
        b2 = b2.add(b.mul(q2));
        ShortVector q3 = ShortVector.broadcast(SHORTS, query3[c]);
        a3 = a3.add(a.mul(q3));
        b3 = b3.add(b.mul(q3));
      }
      a0.intoArray(scores[first], row);
      b0.intoArray(scores[first], row + LANES);
      a1.intoArray(scores[first + 1], row);
      b1.intoArray(scores[first + 1], row + LANES);
      a2.intoArray(scores[first + 2], row);
      b2.intoArray(scores[first + 2], row + LANES);
      a3.intoArray(scores[first + 3], row);
      b3.intoArray(scores[first + 3], row + LANES);
    }
  }

  /** Where the first component of a row is that begins a pair of vectors. */
  private static int at(int row, int components) {
    return row / Lanes.BLOCK * components * Lanes.BLOCK + row % Lanes.BLOCK;
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
    return components(rows, at + d).mul(ShortVector.fromArray(SHORTS, query, d));
  }
}
