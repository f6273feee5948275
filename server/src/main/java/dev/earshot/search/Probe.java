package dev.earshot.search;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The cells of a {@link StagedIndex} that one query looks into: those nearest to it that together
 * hold a part of all rows. Scores of their rows stand one block after the other; a row's position
 * is where its score stands.
 *
 * <p>Not thread-safe.
 */
final class Probe {
  /** The part of all rows that is looked at. */
  private static final int PART = 5;

  /** By how much more it may be, so that the threshold need not be found exactly. */
  private static final int TOLERANCE = 20;

  private final StagedIndex index;
  private final Cells cells;
  private final int cellBlocks;
  private final short[][] cellScores;
  private final BitSet chosen;

  /** By a score's block, which of the index's blocks it is; ascending. */
  private final int[] blocks;

  private int blockCount;
  private int threshold;

  Probe(StagedIndex index) {
    this.index = index;
    cells = index.cells();
    cellBlocks = StagedIndex.blockCount(cells.blocks());
    cellScores = new short[1][cellBlocks * Lanes.BLOCK];
    chosen = new BitSet(index.blockCount());
    blocks = new int[index.blockCount()];
  }

  /**
   * Chooses the cells for a query and scores their rows.
   *
   * @param query as for {@link Lanes#score}, one
   * @param scores written, of one query
   * @return how many scores there are
   */
  int score(short[][] query, short[][] scores) {
    index.lanes().score(cells.blocks(), StagedIndex.BYTES, 0, cellBlocks, query, 1, cellScores, 0);
    threshold = threshold(index.heads().count() / PART);
    choose();
    blockCount = 0;
    for (int from = chosen.nextSetBit(0); from >= 0; ) {
      int to = chosen.nextClearBit(from);
      index
          .lanes()
          .score(
              index.blocks(),
              StagedIndex.BYTES,
              from,
              to,
              query,
              1,
              scores,
              blockCount * Lanes.BLOCK);
      for (int block = from; block < to; block++) {
        blocks[blockCount++] = block;
      }
      from = chosen.nextSetBit(to);
    }
    int beyond = index.blockCount() * Lanes.BLOCK - index.heads().count();
    boolean isLastChosen = blocks[blockCount - 1] == index.blockCount() - 1;
    return blockCount * Lanes.BLOCK - (isLastChosen ? beyond : 0);
  }

  /** Such that the cells which score as much hold as many rows as are wanted, and few more. */
  private int threshold(int wanted) {
    int low = Short.MIN_VALUE;
    int high = Short.MAX_VALUE + 1;
    while (low + 1 < high) {
      int middle = (low + high) >> 1;
      int held = held(middle);
      if (held < wanted) {
        high = middle;
      } else {
        low = middle;
        if (held <= wanted + wanted / TOLERANCE) {
          break;
        }
      }
    }
    return low;
  }

  private int held(int least) {
    short[] scores = cellScores[0];
    int held = 0;
    for (int cell = 0; cell < cells.count(); cell++) {
      held += scores[cell] >= least ? cells.size(cell) : 0;
    }
    return held;
  }

  /** The blocks in which rows of the cells lie, with what their neighbours have there. */
  private void choose() {
    chosen.clear();
    for (int cell = 0; cell < cells.count(); cell++) {
      if (cellScores[0][cell] >= threshold && cells.size(cell) > 0) {
        int last = cells.start(cell + 1) - 1;
        chosen.set(cells.start(cell) / Lanes.BLOCK, last / Lanes.BLOCK + 1);
      }
    }
  }

  /** The place of the row of a score. */
  int place(int position) {
    return blocks[position / Lanes.BLOCK] * Lanes.BLOCK + position % Lanes.BLOCK;
  }

  /** Where the score of the row at a place stands, or negative if it has none. */
  int position(int place) {
    int block = Arrays.binarySearch(blocks, 0, blockCount, place / Lanes.BLOCK);
    return block < 0 ? -1 : block * Lanes.BLOCK + place % Lanes.BLOCK;
  }

  /**
   * About {@code Σ 2^((score − best) · slope / 2^23)} over the rows of the cells that are not
   * looked into, each with its cell's score.
   */
  double sumOfPowersElsewhere(short best, int slope) {
    double sum = 0;
    int widest = Lanes.widest(slope);
    for (int cell = 0; cell < cells.count(); cell++) {
      int score = cellScores[0][cell];
      if (score < threshold) {
        int power = Math.max(Math.min(score - best, 0), -widest) * slope;
        sum += (double) cells.size(cell) * Lanes.powerOfTwo(power);
      }
    }
    return sum / Lanes.MEAN_EXCESS;
  }
}
