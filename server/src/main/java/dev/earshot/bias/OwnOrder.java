package dev.earshot.bias;

import dev.earshot.rescore.NBest;
import dev.earshot.rescore.Rescored;
import java.util.ArrayList;
import java.util.List;

/** The n-best as the recogniser gave it. */
final class OwnOrder {
  private OwnOrder() {}

  static Rescored of(NBest nBest) {
    List<NBest.Hypothesis> given = nBest.hypotheses();
    List<Rescored.Hypothesis> same = new ArrayList<>(given.size());
    int best = 0;
    for (int i = 0; i < given.size(); i++) {
      NBest.Hypothesis hypothesis = given.get(i);
      same.add(
          new Rescored.Hypothesis(
              hypothesis.text(), scaled(hypothesis.score(), nBest.scoreScale()), i, List.of()));
      if (hypothesis.score() > given.get(best).score()) {
        best = i;
      }
    }
    return new Rescored(same, !given.get(0).text().equals(given.get(best).text()));
  }

  /** A finite score times the scale may pass the largest double. */
  private static double scaled(double score, double scale) {
    return Double.isNaN(score)
        ? Double.NaN
        : Math.max(-Double.MAX_VALUE, Math.min(Double.MAX_VALUE, score * scale));
  }
}
