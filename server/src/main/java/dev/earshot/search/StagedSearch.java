package dev.earshot.search;

import java.util.Arrays;

/**
 * One thread's search of a {@link StagedIndex}: coarse scores of all rows, or of those that a
 * {@link Probe} looks at, refined ones of the best of them, exact logits of the best of these and
 * of the rows that the user has enabled, and the logarithm of all rows' total, to which the others
 * contribute by the scores that they have.
 *
 * <p>What is found for a query depends on it alone, to the bit, whoever is scored beside it. Not
 * thread-safe.
 */
public final class StagedSearch {
  /** Queries that are scored together. */
  public static final int AT_A_TIME = 4;

  /** Blocks that stay in the first cache while they are scored for each query: 28 KiB. */
  private static final int TILE = 12;

  /**
   * How far below the k-th best a row may score and still be of the k best, in deviations of what a
   * score is off by: for two rows together that is three and a half of their difference's. Of a
   * sure query few rows score so much.
   */
  private static final double REACH = 5;

  /** Rows that are refined at most, and not many more, of an unsure one: this part of all, */
  private static final int REFINED_PART = 48;

  /** but no fewer nor more than this, */
  private static final int FEWEST_REFINED = 512;

  private static final int MOST_REFINED = 16_384;

  /** and so many for each answer that is asked for. */
  private static final int REFINED_AN_ANSWER = 24;

  /** Rows of which the exact logits are made at most, and not many more: some, */
  private static final int FEWEST_FINALISTS = 64;

  /** so many for each answer that is asked for, */
  private static final int FINALISTS_AN_ANSWER = 6;

  /** and this part of all: among many rows more are nearly alike. */
  private static final int FINALIST_PART = 1_000;

  /** Pieces of the scores by which a threshold is guessed, and how long each is at most. */
  private static final int SAMPLES = 64;

  private static final int SAMPLE_LENGTH = 64;
  private static final int SAMPLE_PRECISION = 128;

  /** Exact powers are made of what is at least e^-8 of the best. */
  private static final float NEAR = 8;

  private static final double LN_2 = Math.log(2);

  private final StagedIndex index;
  private final Heads heads;
  private final Lanes lanes;
  private final int fewestRefined;

  private final float[][] queries;
  private final short[][] coarse = new short[AT_A_TIME][StagedIndex.QUERY];
  private final short[][] further = new short[AT_A_TIME][StagedIndex.FURTHER];
  private final short[][] scores;

  /** By slot, how many of its scores are of rows. */
  private final int[] scoreCounts = new int[AT_A_TIME];

  private final Cells cells;

  /** By slot, what was looked into; none where all rows are. */
  private final Probe[] probes;

  private final float[] components = new float[StagedIndex.LEADING + StagedIndex.FURTHER];

  /** {@link #coarse} and {@link #scores}, slot by slot. */
  private final short[][][] coarseOf = new short[AT_A_TIME][][];

  private final short[][][] scoresOf = new short[AT_A_TIME][][];

  private final short[] sample = new short[SAMPLES * SAMPLE_LENGTH];
  private final short[] exact;
  private final StagedIndex.Copies copies;

  /**
   * What is refined: positions in the scores, in ascending order, the scores, the least of which is
   * the threshold or above it, places, and refined scores.
   */
  private final int[] candidates;

  private final short[] candidateScores;
  private short candidateThreshold;
  private final int[] candidatePlaces;
  private final short[] refined;

  /** Finalists among the candidates, in ascending order. */
  private final int[] finalists;

  /** Rows whose exact logits are made, and their places: of the finalists, then what is enabled. */
  private final int[] rows;

  private final int[] places;

  /** By enabled row, where its exact logit stands. */
  private final int[] enabledAt;

  private final int[] products;
  private final float[] logits;
  private final int[] topRows;
  private final float[] topLogits;
  private double logTotal;
  private int refinedCount;
  private int exactCount;

  /**
   * @param maxEnabled rows that a user may have enabled
   * @param maxK answers to a query
   */
  public StagedSearch(StagedIndex index, int maxEnabled, int maxK) {
    this.index = index;
    heads = index.heads();
    lanes = index.lanes();
    int count = heads.count();
    fewestRefined = Math.max(FEWEST_REFINED, Math.min(MOST_REFINED, count / REFINED_PART));
    queries = new float[AT_A_TIME][heads.dimension()];
    scores = new short[AT_A_TIME][index.blockCount() * Lanes.BLOCK];
    for (int slot = 0; slot < AT_A_TIME; slot++) {
      coarseOf[slot] = new short[][] {coarse[slot]};
      scoresOf[slot] = new short[][] {scores[slot]};
    }
    exact = new short[heads.dimension()];
    copies = new StagedIndex.Copies(index);
    // Where all rows score alike, all are candidates.
    candidates = new int[count];
    candidateScores = new short[count];
    candidatePlaces = index.isProbed() ? new int[count] : candidates;
    refined = new short[count];
    finalists = new int[count];
    rows = new int[count + maxEnabled];
    places = new int[count + maxEnabled];
    enabledAt = new int[maxEnabled];
    products = new int[count + maxEnabled];
    logits = new float[count + maxEnabled];
    topRows = new int[maxK];
    topLogits = new float[maxK];
    cells = index.cells();
    probes = new Probe[index.isProbed() ? AT_A_TIME : 0];
    for (int slot = 0; slot < probes.length; slot++) {
      probes[slot] = new Probe(index);
    }
  }

  /** Where the query of a slot, below {@link #AT_A_TIME}, is to be put: float, D, of length 1. */
  public float[] query(int slot) {
    return queries[slot];
  }

  /** Scores rows for the queries of the first slots. */
  public void score(int slots) {
    for (int slot = 0; slot < slots; slot++) {
      index.coarse(queries[slot], components, coarse[slot], further[slot]);
    }
    if (probes.length == 0) {
      scoreAll(slots);
      Arrays.fill(scoreCounts, 0, slots, heads.count());
      return;
    }
    for (int slot = 0; slot < slots; slot++) {
      scoreCounts[slot] = probes[slot].score(coarseOf[slot], scoresOf[slot]);
    }
  }

  private void scoreAll(int slots) {
    int blocks = index.blockCount();
    for (int from = 0; from < blocks; from += TILE) {
      int to = Math.min(blocks, from + TILE);
      lanes.score(
          index.blocks(), StagedIndex.BYTES, from, to, coarse, slots, scores, from * Lanes.BLOCK);
    }
  }

  /**
   * Finds the best rows for a scored query.
   *
   * @param enabled rows in ascending order; their logits are exact, with their boosts added
   * @param inverseTemperature multiplies every logit; positive
   * @param k answers
   */
  public void find(int slot, int[] enabled, float[] boosts, float inverseTemperature, int k) {
    short[] scored = scores[slot];
    float logitOfScore = inverseTemperature * index.logitOfScore();
    int slope = Math.max(1, (int) Math.round(logitOfScore / LN_2 * (1 << 23)));

    Probe probe = probes.length == 0 ? null : probes[slot];
    int count = scoreCounts[slot];
    short best = lanes.greatest(scored, count);
    int wanted = Math.min(count, fewestRefined + REFINED_AN_ANSWER * k);
    int candidateCount = findCandidates(scored, count, best, wanted, k);
    short threshold = candidateThreshold;
    double others = lanes.sumOfPowersBelow(scored, count, threshold, best, slope);

    if (probe != null) {
      for (int i = 0; i < candidateCount; i++) {
        candidatePlaces[i] = probe.place(candidates[i]);
      }
    }
    index.furtherProducts(candidatePlaces, candidateCount, further[slot], products);
    for (int i = 0; i < candidateCount; i++) {
      refined[i] = index.refined(candidateScores[i], products[i]);
    }
    short refinedBest = lanes.greatest(refined, candidateCount);
    int wantedFinalists =
        FEWEST_FINALISTS + FINALISTS_AN_ANSWER * k + heads.count() / FINALIST_PART;
    short refinedThreshold =
        threshold(
            refined,
            candidateCount,
            Short.MIN_VALUE,
            refinedBest,
            wantedFinalists,
            k,
            index.refinedVariance());
    int finalistCount = lanes.findAtLeast(refined, candidateCount, refinedThreshold, finalists);
    double refinedOthers =
        lanes.sumOfPowersBelow(refined, candidateCount, refinedThreshold, refinedBest, slope);
    for (int i = 0; i < finalistCount; i++) {
      places[i] = candidatePlaces[finalists[i]];
      rows[i] = cells.row(places[i]);
    }

    refinedCount = candidateCount;
    exactCount = finalistCount;
    int all = finalistCount;
    for (int e = 0; e < enabled.length; e++) {
      int place = cells.place(enabled[e]);
      int position = probe == null ? place : probe.position(place);
      int candidate = Arrays.binarySearch(candidates, 0, candidateCount, position);
      int finalist = Arrays.binarySearch(finalists, 0, finalistCount, candidate);
      if (finalist >= 0) {
        enabledAt[e] = finalist;
        continue;
      }
      if (candidate >= 0) {
        refinedOthers -= power(refined[candidate] - refinedBest, slope);
      } else if (position >= 0) {
        others -= power(scored[position] - best, slope);
      }
      enabledAt[e] = all;
      places[all] = place;
      rows[all++] = enabled[e];
    }
    exactLogits(slot, all);
    for (int e = 0; e < enabled.length; e++) {
      logits[enabledAt[e]] += boosts[e];
    }
    takeBest(all, inverseTemperature, k);

    float most = topLogits[0];
    double total = 0;
    int logitSlope = (int) Math.round((1 << 23) / LN_2);
    for (int i = 0; i < all; i++) {
      float below = logits[i] - most;
      total += below > -NEAR ? Math.exp(below) : power(below, logitSlope);
    }
    if (probe != null) {
      total += elsewhere(probe, best, slope, inverseTemperature, most);
    }
    double half = inverseTemperature * inverseTemperature / 2;
    total +=
        Math.max(0, others)
            * Math.exp(half * index.coarseVariance() + (double) logitOfScore * best - most);
    total +=
        Math.max(0, refinedOthers)
            * Math.exp(half * index.refinedVariance() + (double) logitOfScore * refinedBest - most);
    logTotal = most + Math.log(total);
  }

  /** What the rows add that were not looked at: next to nothing, unless the answer is unsure. */
  private double elsewhere(
      Probe probe, short best, int slope, float inverseTemperature, float most) {
    double variance = (double) inverseTemperature * inverseTemperature * index.cellVariance();
    double bestLogit = (double) inverseTemperature * index.logitOfScore() * best;
    return probe.sumOfPowersElsewhere(best, slope) * Math.exp(variance / 2 + bestLogit - most);
  }

  private void exactLogits(int slot, int count) {
    index.exact(queries[slot], exact);
    index.exactProducts(places, rows, count, exact, copies, products);
    for (int i = 0; i < count; i++) {
      logits[i] = index.logit(places[i], products[i]);
    }
  }

  private static double power(float difference, int slope) {
    float power = Math.max(difference, -Lanes.widest(slope)) * slope;
    return Lanes.powerOfTwo((int) power) / Lanes.MEAN_EXCESS;
  }

  /**
   * Finds what may be among the k best, but no more than are wanted, or not many. First somewhat
   * more are found, by one look at all scores; their own scores then tell which are too many.
   *
   * @return how many were written to {@link #candidates}, their scores beside them
   */
  private int findCandidates(short[] scored, int count, short best, int wanted, int k) {
    candidateThreshold = sampleThreshold(scored, count, best, wanted);
    int found = lanes.findAtLeast(scored, count, candidateThreshold, candidates);
    if (found < wanted) {
      short most = (short) (candidateThreshold - 1);
      candidateThreshold = threshold(scored, count, Short.MIN_VALUE, most, wanted);
      found = lanes.findAtLeast(scored, count, candidateThreshold, candidates);
    }
    for (int i = 0; i < found; i++) {
      candidateScores[i] = scored[candidates[i]];
    }
    candidateThreshold =
        threshold(
            candidateScores, found, candidateThreshold, best, wanted, k, index.coarseVariance());
    int kept = lanes.findAtLeast(candidateScores, found, candidateThreshold, finalists);
    for (int i = 0; i < kept; i++) {
      candidates[i] = candidates[finalists[i]];
      candidateScores[i] = candidateScores[finalists[i]];
    }
    return kept;
  }

  /**
   * Such that what may be among the k best scores as much, but no more than are wanted, or not many
   * more.
   *
   * @param least what all score
   * @param best the greatest score
   * @param variance of what scores are off by, in logits
   */
  private short threshold(
      short[] scored, int count, short least, short best, int wanted, int k, double variance) {
    short ofWanted =
        count <= enough(wanted) ? least : threshold(scored, count, least, best, wanted);
    short ofBest = threshold(scored, count, least, best, Math.min(k, count));
    double reach = REACH * Math.sqrt(variance) / index.logitOfScore();
    return (short) Math.max(ofWanted, ofBest - reach);
  }

  /** More than that are too many. */
  private static int enough(int wanted) {
    return wanted + wanted / 8;
  }

  /**
   * Such that as many as are wanted score as much, and few more, where that can be.
   *
   * @param least what at least as many as are wanted score
   * @param most more than that, fewer than are wanted score
   */
  private short threshold(short[] scored, int count, short least, short most, int wanted) {
    int low = least;
    int high = most + 1;
    // At least so many score low, fewer score high.
    while (low + 1 < high) {
      int middle = (low + high) >> 1;
      int found = lanes.countAtLeast(scored, 0, count, (short) middle);
      if (found < wanted) {
        high = middle;
      } else {
        low = middle;
        if (found <= enough(wanted)) {
          break;
        }
      }
    }
    return (short) low;
  }

  /** What half as many again as are wanted would score if all rows were like a few of them. */
  private short sampleThreshold(short[] scored, int scoredCount, short best, int wanted) {
    int step = scoredCount / SAMPLES;
    int length = Math.min(step, SAMPLE_LENGTH);
    int sampled = SAMPLES * length;
    for (int piece = 0; piece < SAMPLES; piece++) {
      System.arraycopy(scored, piece * step, sample, piece * length, length);
    }
    double wantedOfSample = 1.5 * wanted * length / step;
    int low = Short.MIN_VALUE;
    int high = best + 1;
    while (high - low > SAMPLE_PRECISION) {
      int middle = (low + high) >> 1;
      if (lanes.countAtLeast(sample, 0, sampled, (short) middle) < wantedOfSample) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return (short) ((low + high) >> 1);
  }

  /** Puts the best {@code k} of the first {@code all} in order; of equals the first row first. */
  private void takeBest(int all, float inverseTemperature, int k) {
    int taken = 0;
    for (int i = 0; i < all; i++) {
      float logit = logits[i] * inverseTemperature;
      logits[i] = logit;
      int row = rows[i];
      if (taken == k && !isBefore(logit, row, k - 1)) {
        continue;
      }
      int at = taken < k ? taken++ : k - 1;
      for (; at > 0 && isBefore(logit, row, at - 1); at--) {
        topLogits[at] = topLogits[at - 1];
        topRows[at] = topRows[at - 1];
      }
      topLogits[at] = logit;
      topRows[at] = row;
    }
  }

  private boolean isBefore(float logit, int row, int rank) {
    return logit > topLogits[rank] || (logit == topLogits[rank] && row < topRows[rank]);
  }

  /** The row at a rank, from 0, of what was found last. */
  public int row(int rank) {
    return topRows[rank];
  }

  /** The natural logarithm of its probability among all rows. */
  public float logProbability(int rank) {
    return (float) (topLogits[rank] - logTotal);
  }

  /** {@code log Σ exp} of all logits, boosts and temperature included, for what was found last. */
  public double logTotal() {
    return logTotal;
  }

  /** How many rows were refined for what was found last. */
  int refinedCount() {
    return refinedCount;
  }

  /** Of how many of these the exact logits were made. */
  int exactCount() {
    return exactCount;
  }

  /** The query last found for, as int8 values: for further products with it. */
  public short[] exactQuery() {
    return exact;
  }
}
