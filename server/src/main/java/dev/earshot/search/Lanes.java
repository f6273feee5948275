package dev.earshot.search;

/**
 * Integer arithmetic over many rows. Every implementation gives the same integers, to the bit.
 *
 * <p>Coarse rows come in blocks of {@link #BLOCK}, each transposed: the first byte of all of its
 * rows, then the second. A byte holds one number of eight bits, or two of four: a signed one, and
 * below it one without a sign. Scores are sums modulo 2^16: what fits into 16 bits in the end is
 * right, whatever it went through on the way.
 *
 * <p>Thread-safe.
 */
interface Lanes {
  /** Rows of a block. */
  int BLOCK = 64;

  /** The lower four bits of a byte. */
  int LOWER = 15;

  /**
   * Powers of two are made by writing a number into a float's exponent and what is left of it into
   * its fraction. That is too much by this factor in the mean, {@code ∫(1+f)2^-f df}; Schraudolph,
   * Neural Computation 1999.
   */
  float MEAN_EXCESS = 1.0406845f;

  /** A float's exponent of 2^0. */
  int POWER_ZERO = 127 << 23;

  /**
   * Scores of some blocks' rows for some queries. A query has two factors for each byte {@code v}
   * of a row, and a summand: {@code scores[q][row] = summand + Σ (v · first + (v & 15) · second)}.
   *
   * @param blocks int8, {@code [blocks, bytes, BLOCK]}
   * @param bytes of a row
   * @param from the first block
   * @param to the first block beyond
   * @param queries int16, {@code [count, 2 · bytes + 1]}: the factors for one byte after the other,
   *     then the summand
   * @param scores int16, {@code [count, rows]}
   * @param at where the first block's scores go
   */
  void score(
      byte[] blocks,
      int bytes,
      int from,
      int to,
      short[][] queries,
      int count,
      short[][] scores,
      int at);

  /** The greatest of the first {@code count} scores. */
  short greatest(short[] scores, int count);

  /**
   * How many of the scores of the rows from {@code from} to {@code to} are at least a threshold.
   */
  int countAtLeast(short[] scores, int from, int to, short threshold);

  /**
   * Which of the first {@code count} scores are at least a threshold, in ascending order.
   *
   * @return how many were written to {@code found}
   */
  int findAtLeast(short[] scores, int count, short threshold, int[] found);

  /**
   * About {@code Σ 2^((score − best) · slope / 2^23)} over the first {@code count} scores that are
   * below a threshold.
   *
   * @param best the greatest score
   * @param slope positive
   */
  double sumOfPowersBelow(short[] scores, int count, short threshold, short best, int slope);

  /**
   * The products of some rows with a query.
   *
   * <p>All of them in one call: a loop around calls would leave it to the JIT whether it still
   * keeps vectors in registers there.
   *
   * @param rows int8 within ±127, one as long as the query after the other
   * @param which the rows to take
   * @param count how many of {@code which}
   * @param query int16 within −128…127
   * @param products written: {@code count}
   */
  void products(byte[] rows, int[] which, int count, short[] query, int[] products);

  /** About 2^(power / 2^23), too much by {@link #MEAN_EXCESS} in the mean; 0 below 2^-127. */
  static float powerOfTwo(int power) {
    return Float.intBitsToFloat(Math.max(POWER_ZERO + power, 0));
  }

  /** The greatest difference of scores that {@code slope} does not carry beyond a float's range. */
  static int widest(int slope) {
    return POWER_ZERO / slope;
  }
}
