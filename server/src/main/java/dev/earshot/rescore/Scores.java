package dev.earshot.rescore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The scores of an n-best in natural-log units. */
final class Scores {
  /** Between two hypotheses that have no scores, one before the other. */
  private static final double STEP = 0.5;

  private Scores() {}

  /** Whether every hypothesis has a score. */
  static boolean areStated(NBest nBest) {
    for (NBest.Hypothesis hypothesis : nBest.hypotheses()) {
      if (Double.isNaN(hypothesis.score())) {
        return false;
      }
    }
    return true;
  }

  /** Of each hypothesis. Where any has none, the order given stands for all. */
  static double[] of(NBest nBest) {
    boolean stated = areStated(nBest);
    double[] scores = new double[nBest.hypotheses().size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = stated ? nBest.hypotheses().get(i).score() * nBest.scoreScale() : -STEP * i;
    }
    return scores;
  }

  /** The first of the best. */
  static int best(double[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Their places, best first, equals in the order given. */
  static List<Integer> order(double[] scores) {
    List<Integer> order = new ArrayList<>(scores.length);
    for (int i = 0; i < scores.length; i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingDouble((Integer i) -> scores[i]).reversed());
    return order;
  }
}
