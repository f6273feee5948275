package dev.earshot.client;

import java.util.List;
import java.util.OptionalDouble;

/**
 * A hypothesis after rescoring.
 *
 * @param text with its repairs
 * @param score the recogniser's score in natural-log units and the context's share; empty: neither
 *     is known
 * @param sourceIndex its position among the hypotheses sent, from 0
 * @param repairs what was replaced, in the order of the text; empty: nothing
 */
public record RescoredHypothesis(
    String text, OptionalDouble score, int sourceIndex, List<Repair> repairs) {
  public RescoredHypothesis {
    repairs = List.copyOf(repairs);
  }

  static RescoredHypothesis of(dev.earshot.v1.RescoredHypothesis message) {
    return new RescoredHypothesis(
        message.getText(),
        message.hasScore() ? OptionalDouble.of(message.getScore()) : OptionalDouble.empty(),
        message.getSourceIndex(),
        message.getRepairsList().stream().map(Repair::of).toList());
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "RescoredHypothesis[sourceIndex=" + sourceIndex + ", repairs=" + repairs + "]";
  }
}
