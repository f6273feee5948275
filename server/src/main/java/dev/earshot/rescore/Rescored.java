package dev.earshot.rescore;

import java.util.List;

/**
 * The n-best after rescoring. Immutable.
 *
 * @param hypotheses best first
 * @param changed whether the first text differs from the recogniser's first
 */
public record Rescored(List<Hypothesis> hypotheses, boolean changed) {
  public Rescored {
    hypotheses = List.copyOf(hypotheses);
  }

  /**
   * A hypothesis after rescoring.
   *
   * @param text with its repairs
   * @param score in natural-log units, falls along the list; NaN: not known
   * @param sourceIndex its position in what was given
   * @param repairs in the order of the text; spans do not overlap
   */
  public record Hypothesis(String text, double score, int sourceIndex, List<Repair> repairs) {
    public Hypothesis {
      repairs = List.copyOf(repairs);
    }

    @Override
    public String toString() {
      return "Hypothesis[sourceIndex=" + sourceIndex + ", repairs=" + repairs.size() + "]";
    }
  }

  /**
   * A span that was replaced.
   *
   * @param start in code points of the source text
   * @param end exclusive
   * @param original what stood there
   * @param phrase what stands there now, as it is displayed
   * @param probability that the replacement is right, calibrated
   */
  public record Repair(int start, int end, String original, String phrase, double probability) {
    @Override
    public String toString() {
      return "Repair[start=" + start + ", end=" + end + "]";
    }
  }
}
