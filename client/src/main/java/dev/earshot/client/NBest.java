package dev.earshot.client;

import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.StreamHypotheses;
import java.util.List;

/**
 * What a recogniser proposes for one utterance, and what rescoring may do with it. Each method
 * returns a changed copy; limits are the server's to check.
 *
 * @param hypotheses 1 to 100, best first if they have no scores; a text may be empty
 * @param scoreScale what makes natural logarithms of the scores; 0: 1
 * @param repair whether spans that sound like a phrase may be replaced; else the hypotheses are put
 *     into another order alone
 * @param interim whether the recogniser goes on and will replace these. Of streams only
 */
public record NBest(
    List<Hypothesis> hypotheses, double scoreScale, boolean repair, boolean interim) {
  public NBest {
    hypotheses = List.copyOf(hypotheses);
  }

  /** Final hypotheses, to be put into another order. */
  public static NBest of(List<Hypothesis> hypotheses) {
    return new NBest(hypotheses, 0, false, false);
  }

  /** With what makes natural logarithms of the scores. Default: 1. */
  public NBest withScoreScale(double scale) {
    return new NBest(hypotheses, scale, repair, interim);
  }

  /** That may be repaired too. */
  public NBest repaired() {
    return new NBest(hypotheses, scoreScale, true, interim);
  }

  /** Of an utterance that goes on. */
  public NBest asInterim() {
    return new NBest(hypotheses, scoreScale, repair, true);
  }

  RescoreMode mode() {
    return repair ? RescoreMode.RESCORE_MODE_REPAIR : RescoreMode.RESCORE_MODE_REORDER;
  }

  List<dev.earshot.v1.Hypothesis> messages() {
    return hypotheses.stream().map(Hypothesis::toMessage).toList();
  }

  StreamHypotheses toMessage() {
    return StreamHypotheses.newBuilder()
        .addAllHypotheses(messages())
        .setScoreScale(scoreScale)
        .setMode(mode())
        .setInterim(interim)
        .build();
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "NBest[hypotheses=" + hypotheses.size() + ", interim=" + interim + "]";
  }
}
