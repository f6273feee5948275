package dev.earshot.model;

import dev.earshot.search.Heads;
import dev.earshot.search.StagedIndex;
import dev.earshot.search.StagedSearch;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What the {@code classify} graph does, in stages: for one worker.
 *
 * <p>Not thread-safe.
 */
final class StagedClassifier {
  private final ClassifyParameters parameters;
  private final Calibration calibration;
  private final StagedSearch search;
  private final float scopeFactor;

  /**
   * What stages need of a bundle, made once for all workers.
   *
   * @param index of the bundle's rows
   */
  record Index(StagedIndex index, ClassifyParameters parameters, Calibration calibration) {
    /**
     * Makes the index of a bundle.
     *
     * @param rowsOnHeap see {@link StagedIndex#of}
     */
    static Index of(Bundle bundle, ClassifyParameters parameters, boolean rowsOnHeap) {
      Heads heads =
          new Heads(
              bundle.manifest().dimensions().query(),
              bundle.rows(),
              bundle.rowScales(),
              bundle.rowBiases(),
              parameters.logitScale(),
              parameters.queryScale());
      return new Index(StagedIndex.of(heads, rowsOnHeap), parameters, bundle.calibration());
    }
  }

  StagedClassifier(Index index, int maxEnabled, int maxK) {
    parameters = index.parameters;
    calibration = index.calibration;
    search = new StagedSearch(index.index, maxEnabled, maxK);
    scopeFactor = parameters.queryScale() * parameters.scope().weightScale();
  }

  /**
   * Classifies a batch.
   *
   * @param queries float {@code [size, D]}
   * @param topRows written: int64 {@code [size, k]}
   * @param topLogProbabilities written: float {@code [size, k]}
   * @param scopeScores written: float {@code [size]}
   * @param ended asked before every few requests
   * @throws RunTerminatedException if the run is to end
   */
  void classify(
      int size,
      FloatBuffer queries,
      List<EnabledSkills> users,
      int k,
      LongBuffer topRows,
      FloatBuffer topLogProbabilities,
      FloatBuffer scopeScores,
      BooleanSupplier ended) {
    for (int from = 0; from < size; from += StagedSearch.AT_A_TIME) {
      if (ended.getAsBoolean()) {
        throw new RunTerminatedException("classify: took too long");
      }
      int slots = Math.min(StagedSearch.AT_A_TIME, size - from);
      for (int slot = 0; slot < slots; slot++) {
        float[] query = search.query(slot);
        queries.get((from + slot) * query.length, query);
      }
      search.score(slots);
      for (int slot = 0; slot < slots; slot++) {
        int request = from + slot;
        EnabledSkills user = users.get(request);
        float inverseTemperature = calibration.of(user.count() > 0).inverseTemperature();
        search.find(slot, user.indices(), user.boosts(), inverseTemperature, k);
        for (int rank = 0; rank < k; rank++) {
          topRows.put(request * k + rank, search.row(rank));
          topLogProbabilities.put(request * k + rank, search.logProbability(rank));
        }
        scopeScores.put(request, scopeScore());
      }
    }
  }

  private float scopeScore() {
    short[] query = search.exactQuery();
    short[] weights = parameters.scope().weights();
    int product = 0;
    for (int d = 0; d < query.length; d++) {
      product += query[d] * weights[d];
    }
    return product * scopeFactor + parameters.scope().energyWeight() * (float) search.logTotal();
  }
}
