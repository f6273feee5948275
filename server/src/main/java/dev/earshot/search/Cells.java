package dev.earshot.search;

/**
 * The rows of an index by what they are near to, so that what a query finds lies together, and that
 * it need not look at the others: an inverted file (Sivic and Zisserman, <i>Video Google</i>, ICCV
 * 2003; for vectors Jégou, Douze and Schmid, <i>Product quantization for nearest neighbor
 * search</i>, IEEE Transactions on Pattern Analysis and Machine Intelligence 33(1), 2011).
 *
 * <p>Rows lie cell after cell; a row's place is where it lies. A cell has a coarse form like a
 * row's, of the mean of its rows.
 *
 * <p>Immutable and thread-safe.
 */
final class Cells {
  /** By place, which row it is, in ascending order within a cell. */
  private final int[] rows;

  /** By row, its place. */
  private final int[] places;

  /** By cell, its first place; then the number of all. */
  private final int[] starts;

  /** Coarse forms of all cells, in blocks like rows'. */
  private final byte[] blocks;

  private Cells(int[] rows, int[] places, int[] starts, byte[] blocks) {
    this.rows = rows;
    this.places = places;
    this.starts = starts;
    this.blocks = blocks;
  }

  /**
   * Of rows whose cells are known.
   *
   * @param cellOf by row
   * @param blocks of the coarse forms of the cells' means
   */
  static Cells of(int[] cellOf, int count, byte[] blocks) {
    int[] starts = new int[count + 1];
    for (int cell : cellOf) {
      starts[cell + 1]++;
    }
    for (int cell = 0; cell < count; cell++) {
      starts[cell + 1] += starts[cell];
    }
    int[] next = starts.clone();
    int[] rows = new int[cellOf.length];
    int[] places = new int[cellOf.length];
    for (int row = 0; row < cellOf.length; row++) {
      Pauses.between(row);
      int place = next[cellOf[row]]++;
      places[row] = place;
      rows[place] = row;
    }
    return new Cells(rows, places, starts, blocks);
  }

  int count() {
    return starts.length - 1;
  }

  int row(int place) {
    return rows[place];
  }

  int place(int row) {
    return places[row];
  }

  /** The first place of a cell, or with {@link #count} the number of places. */
  int start(int cell) {
    return starts[cell];
  }

  /** How many rows a cell has. */
  int size(int cell) {
    return starts[cell + 1] - starts[cell];
  }

  /** The cell of a row. */
  int cell(int row) {
    int place = places[row];
    int low = 0;
    int high = count();
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (starts[middle] <= place) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  byte[] blocks() {
    return blocks;
  }
}
