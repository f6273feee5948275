package dev.earshot.search;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Every row's coarse form: its bias and its leading principal components, of four bits each, and
 * the components that come next, of eight. A coarse product reads an eighth of what an exact one
 * does, and tells which rows are worth the next quarter; that tells which are worth the exact one.
 *
 * <p>Four bits are enough for a leading component: what they leave of it, a hundredth of its
 * variance (Max, <i>Quantizing for minimum distortion</i>, IRE Transactions on Information Theory
 * 6(1), 1960), is little beside the components that are left out.
 *
 * <p>Rows lie by what they are near to, in {@link Cells}: a query's best are near each other, and
 * found there in fewer pages and cache lines. Of a very large index a query looks only at the
 * coarse rows of the cells that are near to it, see {@link Probe}.
 *
 * <p>Immutable and thread-safe; a thread searches by a {@link StagedSearch} of its own.
 */
public final class StagedIndex {
  /** Components of a coarse row. */
  static final int LEADING = 72;

  /** Of a coarse row: the bias, then two components each. */
  static final int BYTES = 1 + LEADING / 2;

  /** Numbers of a query for them, see {@link Lanes#score}. */
  static final int QUERY = 2 * BYTES + 1;

  /** Fewer rows than this are not worth stages. */
  public static final int FEWEST_ROWS = 1_024;

  /** Components that come after the coarse ones. */
  static final int FURTHER = 64;

  /** Rows of fewer have no components to tell apart. */
  public static final int FEWEST_DIMENSIONS = LEADING + FURTHER;

  /**
   * Of so many rows not all are looked at. Of fewer, too few are alike for a part of the cells to
   * hold nearly all of a query's best.
   */
  private static final int FEWEST_PROBED = 500_000;

  /** A cell's, in the mean. */
  private static final int ROWS_OF_A_CELL = 256;

  /** Of a cell's rows, those by which cells are found. */
  private static final int SAMPLES_OF_A_CELL = 32;

  private static final int MOMENT_ROWS = 8_192;
  private static final int RESIDUAL_ROWS = 256;

  /** A coarse score's greatest magnitude, with some room for what rounding adds. */
  private static final float GREATEST_SCORE = 30_000;

  /** Steps of four bits on either side of a component's mean. */
  private static final int STEPS = 8;

  /** The best step of sixteen for a normal distribution, as a part of its deviation: Max's. */
  private static final double STEP_OF_DEVIATION = 0.3352;

  private static final int GREATEST_COMPONENT = 127;

  private final Heads heads;
  private final Lanes lanes;
  private final float[][] basis;

  /** Coarse rows by their places, in blocks. */
  private final byte[] blocks;

  private final Cells cells;
  private final boolean isProbed;

  /** By place: int8 {@code [S, FURTHER]}. */
  private final byte[] further;

  /**
   * What a unit of a row's product is worth, and the row's bias, by place: side by side in one
   * cache line.
   */
  private final float[] unitsAndBiases;

  /** The rows by place, on the heap; or none where that would take too much of it. */
  private final byte[] rows;

  /** What is in the middle of a leading component's steps, and how long these are. */
  private final float[] middles = new float[LEADING];

  private final float[] steps = new float[LEADING];

  /** What a product of components is worth as a score. */
  private final float scoreOfProduct;

  private final short biasQuery;
  private final float logitOfScore;
  private final float furtherFactor;
  private final float scoreOfFurther;
  private final double coarseVariance;
  private final double refinedVariance;
  private final double cellVariance;

  private StagedIndex(Heads heads, Lanes lanes, boolean rowsOnHeap, boolean isProbed) {
    this.heads = heads;
    this.isProbed = isProbed;
    this.lanes = lanes;
    basis = PrincipalComponents.of(moments(heads), LEADING + FURTHER);
    float greatestBias = 0;
    for (float bias : heads.biases()) {
      greatestBias = Math.max(greatestBias, Math.abs(bias));
    }
    float greatestLogit = heads.logitScale() * Math.max(1e-6f, longest(heads)) + greatestBias;
    logitOfScore = greatestLogit / GREATEST_SCORE;
    scoreOfProduct = heads.logitScale() / logitOfScore;
    furtherFactor = GREATEST_COMPONENT / measureComponents();
    scoreOfFurther = scoreOfProduct / (furtherFactor * furtherFactor);
    biasQuery = (short) Math.max(1, Math.ceil(greatestBias / logitOfScore / GREATEST_COMPONENT));
    byte[] coded = new byte[Math.multiplyExact(heads.count(), BYTES)];
    byte[] furtherOfRows = new byte[Math.multiplyExact(heads.count(), FURTHER)];
    cells = inCells(coded, furtherOfRows);
    blocks = inBlocks(coded, cells);
    further = byPlace(furtherOfRows, cells);
    unitsAndBiases = new float[2 * heads.count()];
    float unit = heads.queryScale() * heads.logitScale();
    for (int place = 0; place < heads.count(); place++) {
      unitsAndBiases[2 * place] = unit * heads.scales()[cells.row(place)];
      unitsAndBiases[2 * place + 1] = heads.biases()[cells.row(place)];
    }
    rows = rowsOnHeap ? heapRows(heads, cells) : new byte[0];
    double[] variances = measuredVariances();
    coarseVariance = variances[0];
    refinedVariance = variances[1];
    cellVariance = variances[2];
  }

  /**
   * Makes the coarse form of all rows, in the calling thread, which takes about two seconds for a
   * hundred thousand.
   *
   * @param rowsOnHeap whether to keep a copy of the rows on the heap, which makes the second stage
   *     faster; else they are read from {@link Heads#rows} each time
   */
  public static StagedIndex of(Heads heads, boolean rowsOnHeap) {
    if (heads.count() < FEWEST_ROWS || heads.dimension() < FEWEST_DIMENSIONS) {
      throw new IllegalArgumentException(
          heads.count()
              + " rows of "
              + heads.dimension()
              + " (expected: >= "
              + FEWEST_ROWS
              + " of >= "
              + FEWEST_DIMENSIONS
              + ")");
    }
    return of(heads, rowsOnHeap, lanesOfThisJvm(), heads.count() >= FEWEST_PROBED);
  }

  /**
   * With the given arithmetic.
   *
   * @param isProbed whether a query looks at a part of the rows only
   */
  static StagedIndex of(Heads heads, boolean rowsOnHeap, Lanes lanes, boolean isProbed) {
    return new StagedIndex(heads, lanes, rowsOnHeap, isProbed);
  }

  /** Whether this JVM computes with vectors; without them stages gain little. */
  public static boolean isVectorised() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
        && VectorKernels.areUsable();
  }

  static Lanes lanesOfThisJvm() {
    return isVectorised() ? vectorLanes() : new ScalarLanes();
  }

  /** Apart, so that the class is loaded only where the JVM has vectors. */
  private static Lanes vectorLanes() {
    return new VectorLanes();
  }

  /** Heap that an index takes, in bytes. */
  public static long heapBytes(int count, int dimension, boolean rowsOnHeap) {
    int fixed = BYTES + FURTHER + 2 * Float.BYTES + 2 * Integer.BYTES;
    return (long) count * (fixed + (rowsOnHeap ? dimension : 0));
  }

  /** Length of the longest row: no product with a query of length 1 is greater. */
  private static float longest(Heads heads) {
    int dimension = heads.dimension();
    double longest =
        IntStream.range(0, heads.count())
            .mapToDouble(k -> {
              Pauses.between(k);
              int squares = 0;
              for (int at = k * dimension; at < (k + 1) * dimension; at++) {
                squares += heads.rows().get(at) * heads.rows().get(at);
              }
              return Math.sqrt(squares) * heads.scales()[k];
            })
            .max()
            .orElse(0);
    return (float) longest;
  }

  /**
   * Sets the leading components' middles and steps, by a sample of the rows.
   *
   * @return the greatest of the further components of these; what is beyond it elsewhere is cut off
   */
  private float measureComponents() {
    float[] row = new float[heads.dimension()];
    float[] components = new float[LEADING + FURTHER];
    double[] sums = new double[LEADING];
    double[] squares = new double[LEADING];
    float widest = 1e-6f;
    int sampled = 0;
    int stride = Math.max(1, heads.count() / MOMENT_ROWS);
    for (int k = 0; k < heads.count(); k += stride) {
      readRow(heads, k, row);
      project(row, components);
      for (int c = 0; c < LEADING; c++) {
        sums[c] += components[c];
        squares[c] += components[c] * components[c];
      }
      for (int c = LEADING; c < components.length; c++) {
        widest = Math.max(widest, Math.abs(components[c]));
      }
      sampled++;
    }
    for (int c = 0; c < LEADING; c++) {
      double mean = sums[c] / sampled;
      double deviation = Math.sqrt(Math.max(0, squares[c] / sampled - mean * mean));
      middles[c] = (float) mean;
      steps[c] = (float) Math.max(1e-9, STEP_OF_DEVIATION * deviation);
    }
    return widest;
  }

  private static float[][] moments(Heads heads) {
    int dimension = heads.dimension();
    float[][] moments = new float[dimension][dimension];
    float[] row = new float[dimension];
    int step = Math.max(1, heads.count() / MOMENT_ROWS);
    for (int k = 0; k < heads.count(); k += step) {
      readRow(heads, k, row);
      for (int d = 0; d < dimension; d++) {
        PrincipalComponents.addTo(moments[d], row[d], row);
      }
    }
    return moments;
  }

  private static void readRow(Heads heads, int k, float[] row) {
    Pauses.between(k);
    int start = k * heads.dimension();
    float scale = heads.scales()[k];
    for (int d = 0; d < row.length; d++) {
      row[d] = heads.rows().get(start + d) * scale;
    }
  }

  private void project(float[] vector, float[] components) {
    Arrays.fill(components, 0);
    int d = 0;
    for (; d + 4 <= vector.length; d += 4) {
      PrincipalComponents.addTo(components, vector, basis, d);
    }
    for (; d < vector.length; d++) {
      PrincipalComponents.addTo(components, vector[d], basis[d]);
    }
  }

  /** Leading components of rows that stand for all: float {@code [count, LEADING]}. */
  private float[][] sample(int count) {
    float[] row = new float[heads.dimension()];
    float[] components = new float[LEADING + FURTHER];
    int sampled = Math.min(count, heads.count());
    float[][] sample = new float[sampled][];
    for (int i = 0; i < sampled; i++) {
      readRow(heads, (int) ((long) i * heads.count() / sampled), row);
      project(row, components);
      sample[i] = Arrays.copyOf(components, LEADING);
    }
    return sample;
  }

  /**
   * Writes the coarse forms of all rows and their further components, and finds their cells.
   *
   * @param coded written: {@code [S, BYTES]}
   * @param furtherOfRows written: {@code [S, FURTHER]}
   */
  private Cells inCells(byte[] coded, byte[] furtherOfRows) {
    int side = (int) Math.round(Math.sqrt((double) heads.count() / ROWS_OF_A_CELL));
    Clustering clustering = new Clustering(sample(SAMPLES_OF_A_CELL * side * side), side);
    int[] cellOf = new int[heads.count()];
    float[] row = new float[heads.dimension()];
    float[] components = new float[LEADING + FURTHER];
    float[][] means = new float[clustering.count()][LEADING];
    double[] biasPowers = new double[clustering.count()];
    int[] sizes = new int[clustering.count()];
    for (int k = 0; k < heads.count(); k++) {
      readRow(heads, k, row);
      project(row, components);
      code(components, heads.biases()[k], coded, k);
      for (int c = 0; c < FURTHER; c++) {
        furtherOfRows[k * FURTHER + c] = component(components[LEADING + c] * furtherFactor);
      }
      int cell = clustering.cell(components);
      cellOf[k] = cell;
      sizes[cell]++;
      biasPowers[cell] += Math.exp(heads.biases()[k]);
      PrincipalComponents.addTo(means[cell], 1, components);
    }
    byte[] codedCells = new byte[clustering.count() * BYTES];
    for (int cell = 0; cell < clustering.count(); cell++) {
      if (sizes[cell] > 0) {
        for (int c = 0; c < LEADING; c++) {
          means[cell][c] /= sizes[cell];
        }
        code(means[cell], (float) Math.log(biasPowers[cell] / sizes[cell]), codedCells, cell);
      }
    }
    return Cells.of(cellOf, clustering.count(), inBlocks(codedCells, null));
  }

  /** Writes a coarse form into a place of {@code coded}. */
  private void code(float[] components, float bias, byte[] coded, int place) {
    int at = place * BYTES;
    coded[at] = component(bias / logitOfScore / biasQuery);
    for (int c = 0; c < LEADING; c += 2) {
      at++;
      coded[at] = (byte) (step(components, c) << 4 | (step(components, c + 1) + STEPS));
    }
  }

  /** Coarse forms by their places, in blocks, each transposed; zeros beyond the last. */
  private static byte[] inBlocks(byte[] coded, @Nullable Cells cells) {
    int count = coded.length / BYTES;
    int blockCount = (count + Lanes.BLOCK - 1) / Lanes.BLOCK;
    byte[] blocks = new byte[Math.multiplyExact(blockCount, BYTES * Lanes.BLOCK)];
    for (int place = 0; place < count; place++) {
      Pauses.between(place);
      int row = cells == null ? place : cells.row(place);
      int at = place / Lanes.BLOCK * BYTES * Lanes.BLOCK + place % Lanes.BLOCK;
      for (int i = 0; i < BYTES; i++) {
        blocks[at + i * Lanes.BLOCK] = coded[row * BYTES + i];
      }
    }
    return blocks;
  }

  private static byte[] byPlace(byte[] furtherOfRows, Cells cells) {
    byte[] further = new byte[furtherOfRows.length];
    for (int place = 0; place < further.length / FURTHER; place++) {
      Pauses.between(place);
      System.arraycopy(
          furtherOfRows, cells.row(place) * FURTHER, further, place * FURTHER, FURTHER);
    }
    return further;
  }

  /** In which step a component is: −8…7, each of which stands for its middle. */
  private int step(float[] components, int c) {
    double step = Math.floor((components[c] - middles[c]) / steps[c]);
    return (int) Math.max(-STEPS, Math.min(STEPS - 1, step));
  }

  private static byte component(float value) {
    return (byte) Math.max(-GREATEST_COMPONENT, Math.min(GREATEST_COMPONENT, Math.round(value)));
  }

  private static byte[] heapRows(Heads heads, Cells cells) {
    int dimension = heads.dimension();
    byte[] rows = new byte[heads.rows().limit()];
    for (int place = 0; place < heads.count(); place++) {
      Pauses.between(place);
      heads.rows().get(cells.row(place) * dimension, rows, place * dimension, dimension);
    }
    return rows;
  }

  /**
   * Of exact logits around coarse ones, around refined ones, and around those of cells: over pairs
   * of rows, one of which is taken for a query.
   */
  private double[] measuredVariances() {
    int step = Math.max(1, heads.count() / RESIDUAL_ROWS);
    int dimension = heads.dimension();
    float[] query = new float[dimension];
    float[] other = new float[dimension];
    short[] coarseQuery = new short[QUERY];
    short[] furtherQuery = new short[FURTHER];
    float[] components = new float[LEADING + FURTHER];
    double[] sums = new double[3];
    double[] squares = new double[3];
    int count = 0;
    for (int i = 0; i < heads.count(); i += step) {
      readRow(heads, i, query);
      coarse(query, components, coarseQuery, furtherQuery);
      for (int k = 0; k < heads.count(); k += step) {
        if (k == i) {
          continue;
        }
        readRow(heads, k, other);
        double logit = heads.biases()[k];
        for (int d = 0; d < dimension; d++) {
          logit += (double) heads.logitScale() * query[d] * other[d];
        }
        int place = cells.place(k);
        short score = score(blocks, place, coarseQuery);
        short cellScore = score(cells.blocks(), cells.cell(k), coarseQuery);
        double[] residuals = {
          logit - logitOfScore * score,
          logit - logitOfScore * refined(score, furtherProduct(place, furtherQuery)),
          logit - logitOfScore * cellScore
        };
        for (int r = 0; r < residuals.length; r++) {
          sums[r] += residuals[r];
          squares[r] += residuals[r] * residuals[r];
        }
        count++;
      }
    }
    for (int r = 0; r < squares.length; r++) {
      double mean = sums[r] / count;
      squares[r] = squares[r] / count - mean * mean;
    }
    return squares;
  }

  private static short score(byte[] blocks, int place, short[] query) {
    return ScalarLanes.score(blocks, BYTES, place / Lanes.BLOCK, place % Lanes.BLOCK, query);
  }

  private int furtherProduct(int place, short[] query) {
    int product = 0;
    for (int c = 0; c < FURTHER; c++) {
      product += further[place * FURTHER + c] * query[c];
    }
    return product;
  }

  /**
   * A query's coarse form, and what comes next.
   *
   * <p>A byte is {@code 16·u + l}, with a component's step u and the next one's step l + 8. What
   * these are worth as scores, U and L, is in the byte's factors, U/16 and L − U/16; what the
   * components are beyond their steps' numbers is the same for every row, and in the summand.
   *
   * @param components scratch, {@code LEADING + FURTHER}
   * @param coarse written: int16, {@code QUERY}
   * @param furtherQuery written: int16, {@code FURTHER}
   */
  void coarse(float[] query, float[] components, short[] coarse, short[] furtherQuery) {
    project(query, components);
    coarse[0] = biasQuery;
    coarse[1] = 0;
    float summand = 0;
    for (int c = 0; c < LEADING; c += 2) {
      int upper = Math.round(stepsWorth(components, c) / 16);
      int lower = Math.round(stepsWorth(components, c + 1));
      coarse[2 + c] = (short) upper;
      coarse[3 + c] = (short) (lower - upper);
      summand += middlesWorth(components, c) + 16 * upper * 0.5f;
      summand += middlesWorth(components, c + 1) + lower * (0.5f - STEPS);
    }
    coarse[QUERY - 1] = (short) Math.round(summand);
    for (int c = 0; c < FURTHER; c++) {
      furtherQuery[c] = component(components[LEADING + c] * furtherFactor);
    }
  }

  private float stepsWorth(float[] query, int c) {
    return scoreOfProduct * query[c] * steps[c];
  }

  private float middlesWorth(float[] query, int c) {
    return scoreOfProduct * query[c] * middles[c];
  }

  /** The products of the further components at some places with a query's. */
  void furtherProducts(int[] which, int count, short[] furtherQuery, int[] products) {
    lanes.products(further, which, count, furtherQuery, products);
  }

  /** A row's score with what its further components add. */
  short refined(short score, int furtherProduct) {
    int refined = score + (int) (furtherProduct * scoreOfFurther);
    return (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, refined));
  }

  /** A query's int8 values. */
  void exact(float[] query, short[] exact) {
    for (int d = 0; d < query.length; d++) {
      double value = Math.rint(query[d] / heads.queryScale());
      exact[d] = (short) Math.max(-128, Math.min(127, value));
    }
  }

  Heads heads() {
    return heads;
  }

  Lanes lanes() {
    return lanes;
  }

  Cells cells() {
    return cells;
  }

  /** Whether a query looks at a part of the rows only. */
  boolean isProbed() {
    return isProbed;
  }

  byte[] blocks() {
    return blocks;
  }

  int blockCount() {
    return blockCount(blocks);
  }

  static int blockCount(byte[] blocks) {
    return blocks.length / (BYTES * Lanes.BLOCK);
  }

  /** The exact products of the rows at some places with a query. */
  void exactProducts(
      int[] places, int[] which, int count, short[] exactQuery, Copies copies, int[] products) {
    if (rows.length > 0) {
      lanes.products(rows, places, count, exactQuery, products);
      return;
    }
    int dimension = heads.dimension();
    for (int from = 0; from < count; from += Copies.ROWS) {
      int copied = Math.min(Copies.ROWS, count - from);
      for (int i = 0; i < copied; i++) {
        heads.rows().get(which[from + i] * dimension, copies.rows, i * dimension, dimension);
      }
      lanes.products(copies.rows, copies.which, copied, exactQuery, copies.products);
      System.arraycopy(copies.products, 0, products, from, copied);
    }
  }

  /** The logit of the row at a place, of its exact product. */
  float logit(int place, int product) {
    return product * unitsAndBiases[2 * place] + unitsAndBiases[2 * place + 1];
  }

  /** Scratch of a thread, for rows that are not on the heap. */
  static final class Copies {
    private static final int ROWS = 64;

    private final byte[] rows;
    private final int[] which = IntStream.range(0, ROWS).toArray();
    private final int[] products = new int[ROWS];

    Copies(StagedIndex index) {
      rows = new byte[index.rows.length > 0 ? 0 : ROWS * index.heads.dimension()];
    }
  }

  /** What a coarse score of one is worth in logits. */
  float logitOfScore() {
    return logitOfScore;
  }

  /** Of exact logits around coarse ones. */
  double coarseVariance() {
    return coarseVariance;
  }

  /** Of exact logits around refined ones. */
  double refinedVariance() {
    return refinedVariance;
  }

  /** Of exact logits around the coarse ones of their rows' cells. */
  double cellVariance() {
    return cellVariance;
  }
}
