package dev.earshot.rescore;

import dev.earshot.pronunciation.Phone;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@link PhoneDistance} between one sequence of phones, which grows, and all lanes of a {@link
 * PhraseLanes}. The distances of a sequence's beginning are kept by level, so that what several
 * sequences begin with is compared once.
 *
 * <p>Four lanes are worked out in one number, and as many numbers at once as the processor's
 * vectors hold: so packed, a row takes half the memory that it would take as {@code int}s, and JVMs
 * that find no vector instructions for minima find them for what these are made of here. The
 * highest of a lane's 16 bits is left free for borrows, so that costs end at {@link #MOST}.
 *
 * <p>Not thread-safe: it owns its rows.
 */
final class LaneDistance {
  /** What costs as much or more is only known to do so; the costs of one phone more still fit. */
  static final int MOST = Short.MAX_VALUE - PhoneDistance.MAX_UNITS;

  /** Of so few phones on both sides none costs more. */
  private static final int SURELY_LESS = MOST / PhoneDistance.MAX_UNITS;

  private static final long[] NONE = {};
  private static final int LANE = (1 << PhraseLanes.BITS) - 1;

  /** One in each lane. */
  private static final long ONES = 0x0001_0001_0001_0001L;

  /** The highest bit of each lane. */
  private static final long HIGH = ONES << (PhraseLanes.BITS - 1);

  /** By level, column and pack: the cost up to the column. */
  private final long[][][] rows;

  private final long[][] between = new long[PhoneDistance.MAX_PHONES + 1][NONE.length];

  /** By level, the phones up to there. */
  private final int[] heard;

  /** By phone, column and pack: the cost of hearing the one for the other. */
  private final long[][][] costs = new long[Phone.COUNT][PhoneDistance.MAX_PHONES][NONE.length];

  private final boolean[] known = new boolean[Phone.COUNT];
  private @Nullable PhraseLanes lanes;

  /**
   * @param levels how often a sequence is extended at most
   */
  LaneDistance(int levels) {
    rows = new long[levels + 1][PhoneDistance.MAX_PHONES + 1][NONE.length];
    heard = new int[levels + 1];
  }

  /** Begins with no phone, at level 0. */
  void begin(PhraseLanes with) {
    lanes = with;
    Arrays.fill(known, false);
    long[][] first = rows[0];
    first[0] = ensure(first[0], with.packs());
    Arrays.fill(first[0], 0, with.packs(), 0);
    for (int column = 0; column < with.columns(); column++) {
      int active = with.active()[column];
      long[] here = ensure(first[column + 1], active);
      first[column + 1] = here;
      long[] before = first[column];
      long[] losses = with.losses()[column];
      for (int pack = 0; pack < active; pack++) {
        here[pack] = before[pack] + losses[pack];
      }
      endAtMost(here, active, column + 1);
    }
  }

  /**
   * Extends a sequence.
   *
   * @param level of what it is extended from; the level after it is written
   */
  void extend(int level, byte[] phones, int from, int to) {
    PhraseLanes with = requireLanes();
    long[][] target = rows[level + 1];
    long[][] above = rows[level];
    heard[level + 1] = heard[level] + to - from;
    if (from == to) {
      for (int column = 0; column <= with.columns(); column++) {
        int active = column == 0 ? with.packs() : with.active()[column - 1];
        target[column] = ensure(target[column], active);
        System.arraycopy(above[column], 0, target[column], 0, active);
      }
      return;
    }
    for (int i = from; i < to; i++) {
      // The last one writes the target.
      long[][] here = (to - i) % 2 == 1 ? target : between;
      hear(with, phones[i], heard[level] + i - from + 1, above, here);
      above = here;
    }
  }

  /**
   * The cost of the whole of a lane at a level, in {@link PhoneDistance}'s units; {@link #MOST} if
   * it is that or more.
   *
   * @param length of the lane
   */
  int total(int level, int length, int lane) {
    long pack = rows[level][length][lane / PhraseLanes.PACK];
    return (int) (pack >>> (lane % PhraseLanes.PACK * PhraseLanes.BITS)) & LANE;
  }

  /**
   * The next of some lanes of one length whose whole costs no more than a limit.
   *
   * @param from the first of the lanes
   * @param to their end
   * @return {@code to} if there is none
   */
  int next(int level, int length, int from, int to, int limit) {
    long[] totals = rows[level][length];
    long limits = ONES * Math.min(limit, MOST) | HIGH;
    int lane = from;
    while (lane < to) {
      // The high bit stays where the limit is not below the total.
      long within = (limits - totals[lane / PhraseLanes.PACK]) & HIGH;
      within >>>= lane % PhraseLanes.PACK * PhraseLanes.BITS;
      if (within != 0) {
        return Math.min(to, lane + Long.numberOfTrailingZeros(within) / PhraseLanes.BITS);
      }
      lane += PhraseLanes.PACK - lane % PhraseLanes.PACK;
    }
    return to;
  }

  private PhraseLanes requireLanes() {
    if (lanes == null) {
      throw new IllegalStateException("no lanes");
    }
    return lanes;
  }

  private void hear(PhraseLanes with, int phone, int number, long[][] above, long[][] here) {
    long loss = ONES * PhoneDistance.lossUnits(phone);
    long[][] ofPhone = costs[phone];
    if (!known[phone]) {
      known[phone] = true;
      for (int column = 0; column < with.columns(); column++) {
        int active = with.active()[column];
        ofPhone[column] = ensure(ofPhone[column], active);
        PhoneDistance.substitutions(phone, with.pairs()[column], active, ofPhone[column]);
      }
    }
    int packs = with.packs();
    here[0] = ensure(here[0], packs);
    Arrays.fill(here[0], 0, packs, above[0][0] + loss);
    endAtMost(here[0], packs, number);
    for (int column = 0; column < with.columns(); column++) {
      int active = with.active()[column];
      here[column + 1] = ensure(here[column + 1], active);
      least(
          here[column + 1],
          here[column],
          with.losses()[column],
          above[column + 1],
          loss,
          above[column],
          ofPhone[column],
          active);
      endAtMost(here[column + 1], active, Math.max(number, column + 1));
    }
  }

  /** The cheapest of losing the phrase's phone, losing the one heard, and taking it for another. */
  private static void least(
      long[] here,
      long[] left,
      long[] losses,
      long[] up,
      long loss,
      long[] diagonal,
      long[] costs,
      int n) {
    for (int pack = 0; pack < n; pack++) {
      // Of x and y in each lane: the high bit stays where x is not below y, a mask is made of it.
      long x = left[pack] + losses[pack];
      long y = up[pack] + loss;
      long above = ((x | HIGH) - y) & HIGH;
      above = (above << 1) - (above >>> (PhraseLanes.BITS - 1));
      x ^= (x ^ y) & above;
      y = diagonal[pack] + costs[pack];
      above = ((x | HIGH) - y) & HIGH;
      above = (above << 1) - (above >>> (PhraseLanes.BITS - 1));
      here[pack] = x ^ ((x ^ y) & above);
    }
  }

  /**
   * Cuts off what costs too much to go on with.
   *
   * @param phones of the longer side
   */
  private static void endAtMost(long[] row, int n, int phones) {
    if (phones < SURELY_LESS) {
      return;
    }
    for (int pack = 0; pack < n; pack++) {
      long x = row[pack];
      long above = ((x | HIGH) - ONES * MOST) & HIGH;
      above = (above << 1) - (above >>> (PhraseLanes.BITS - 1));
      row[pack] = x ^ ((x ^ (ONES * MOST)) & above);
    }
  }

  private static long[] ensure(long[] row, int size) {
    return row.length >= size ? row : new long[Integer.highestOneBit(size) * 2];
  }
}
