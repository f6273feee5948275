package dev.earshot.app.eval;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an evaluation measured. Shares and probabilities are 0 to 1.
 *
 * @param bundleVersion the bundle that answered
 * @param rows how many rows were asked in each mode
 * @param users how many users' profiles were put
 * @param modes one for each mode
 */
public record EvalReport(String bundleVersion, int rows, int users, List<ModeReport> modes) {

  /**
   * One mode's figures.
   *
   * @param mode its name
   * @param total over all rows
   * @param intervals 95% by bootstrap over users, for each share of the total
   * @param bySource by the corpus that the right skill comes from
   * @param enabled the rows whose user has enabled the right skill; null where that is not known
   * @param notEnabled the other rows; null where that is not known
   * @param calibrationError the expected calibration error of the first skill's probability, in 15
   *     bins of equal width
   * @param outOfScopeAuroc how well the out-of-scope probability tells the out-of-scope utterances
   *     from the rows; null without such utterances
   * @param degraded the share of answers made without something that was asked for; they count like
   *     the others
   * @param failed rows without an answer, by reason; they count as wrong
   * @param seconds how long the rows took
   * @param rowsPerSecond rows over seconds
   */
  public record ModeReport(
      String mode,
      Accuracy total,
      Map<String, Interval> intervals,
      Map<String, Accuracy> bySource,
      @Nullable Accuracy enabled,
      @Nullable Accuracy notEnabled,
      double calibrationError,
      @Nullable Double outOfScopeAuroc,
      double degraded,
      Map<String, Integer> failed,
      double seconds,
      double rowsPerSecond) {}

  /**
   * How often the right skill was among the first.
   *
   * @param rows how many rows
   * @param top1 share with the right skill first
   * @param top3 share with it among three
   * @param top5 share with it among five
   * @param capability share whose first skill does what the right one does, whatever its brand
   */
  public record Accuracy(int rows, double top1, double top3, double top5, double capability) {}

  /**
   * The bounds of an interval.
   *
   * @param low its lower bound
   * @param high its upper bound
   */
  public record Interval(double low, double high) {}
}
