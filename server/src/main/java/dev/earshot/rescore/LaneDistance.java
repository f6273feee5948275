package dev.earshot.rescore;

import dev.earshot.pronunciation.Phone;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@link PhoneDistance} between one sequence of phones, which grows, and all lanes of a {@link
 * PhraseLanes}. The distances of a sequence's beginning are kept by level, so that what several
 * sequences begin with is compared once.
 *
 * <p>Not thread-safe: it owns its rows.
 */
final class LaneDistance {
  private static final int[] NONE = {};

  /** By level, column and lane: the cost up to the column. */
  private final int[][][] rows;

  private final int[][] between = new int[PhoneDistance.MAX_PHONES + 1][NONE.length];

  /** By phone, column and lane: the cost of hearing the one for the other. */
  private final int[][][] costs = new int[Phone.COUNT][PhoneDistance.MAX_PHONES][NONE.length];

  private final boolean[] known = new boolean[Phone.COUNT];
  private @Nullable PhraseLanes lanes;

  /**
   * @param levels how often a sequence is extended at most
   */
  LaneDistance(int levels) {
    rows = new int[levels + 1][PhoneDistance.MAX_PHONES + 1][NONE.length];
  }

  /** Begins with no phone, at level 0. */
  void begin(PhraseLanes with) {
    lanes = with;
    Arrays.fill(known, false);
    int[][] first = rows[0];
    first[0] = ensure(first[0], with.size());
    Arrays.fill(first[0], 0, with.size(), 0);
    for (int column = 0; column < with.columns(); column++) {
      int active = with.active()[column];
      int[] here = ensure(first[column + 1], active);
      first[column + 1] = here;
      int[] before = first[column];
      int[] losses = with.losses()[column];
      for (int lane = 0; lane < active; lane++) {
        here[lane] = before[lane] + losses[lane];
      }
    }
  }

  /**
   * Extends a sequence.
   *
   * @param level of what it is extended from; the level after it is written
   */
  void extend(int level, byte[] phones, int from, int to) {
    PhraseLanes with = requireLanes();
    int[][] target = rows[level + 1];
    int[][] above = rows[level];
    if (from == to) {
      for (int column = 0; column <= with.columns(); column++) {
        int active = column == 0 ? with.size() : with.active()[column - 1];
        target[column] = ensure(target[column], active);
        System.arraycopy(above[column], 0, target[column], 0, active);
      }
      return;
    }
    for (int i = from; i < to; i++) {
      // The last one writes the target.
      int[][] here = (to - i) % 2 == 1 ? target : between;
      hear(with, phones[i], above, here);
      above = here;
    }
  }

  /** The cost of the whole of a lane at a level, in {@link PhoneDistance}'s units. */
  int[] totals(int level, int length) {
    return rows[level][length];
  }

  private PhraseLanes requireLanes() {
    if (lanes == null) {
      throw new IllegalStateException("no lanes");
    }
    return lanes;
  }

  private void hear(PhraseLanes with, int phone, int[][] above, int[][] here) {
    int loss = PhoneDistance.lossUnits(phone);
    int[][] ofPhone = costs[phone];
    if (!known[phone]) {
      known[phone] = true;
      for (int column = 0; column < with.columns(); column++) {
        int active = with.active()[column];
        ofPhone[column] = ensure(ofPhone[column], active);
        PhoneDistance.substitutions(phone, with.phones()[column], active, ofPhone[column]);
      }
    }
    int size = with.size();
    here[0] = ensure(here[0], size);
    Arrays.fill(here[0], 0, size, above[0][0] + loss);
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
    }
  }

  /** The cheapest of losing the phrase's phone, losing the one heard, and taking it for another. */
  private static void least(
      int[] here,
      int[] left,
      int[] losses,
      int[] up,
      int loss,
      int[] diagonal,
      int[] costs,
      int n) {
    for (int lane = 0; lane < n; lane++) {
      int cost = diagonal[lane] + costs[lane];
      int other = left[lane] + losses[lane];
      // Minima by the sign of the difference: before Java 20 those of Math.min are no vectors.
      int difference = up[lane] + loss - other;
      other += difference & (difference >> 31);
      difference = other - cost;
      here[lane] = cost + (difference & (difference >> 31));
    }
  }

  private static int[] ensure(int[] row, int size) {
    return row.length >= size ? row : new int[PhraseLanes.MOST];
  }
}
