package dev.earshot.rescore;

import java.util.List;

/**
 * What a recogniser proposes for one utterance. Immutable; validated by who makes it.
 *
 * @param hypotheses at least one, in the order given; a text may be empty
 * @param scoreScale makes natural logarithms of the scores
 */
public record NBest(List<Hypothesis> hypotheses, double scoreScale) {
  public NBest {
    hypotheses = List.copyOf(hypotheses);
  }

  /**
   * One text with its score.
   *
   * @param score higher is better, finite; NaN: not stated, the order counts
   */
  public record Hypothesis(String text, double score) {
    @Override
    public String toString() {
      return "Hypothesis[score=" + score + "]";
    }
  }

  @Override
  public String toString() {
    return "NBest[hypotheses=" + hypotheses.size() + "]";
  }
}
