package dev.earshot.client;

import java.util.OptionalDouble;

/**
 * One text that a recogniser proposes for what was said.
 *
 * @param text at most 1,000 code points; not blank, except in rescoring
 * @param score any finite number, higher is better; only differences count, read as natural
 *     logarithms times the query's score scale. Either all hypotheses of a query have one or none
 * @param confidence the recogniser's own estimate that the text is right, 0 to 1
 */
public record Hypothesis(String text, OptionalDouble score, OptionalDouble confidence) {
  /** A hypothesis without a score: its place in the list counts. */
  public static Hypothesis of(String text) {
    return new Hypothesis(text, OptionalDouble.empty(), OptionalDouble.empty());
  }

  /** A hypothesis with its recogniser's score. */
  public static Hypothesis of(String text, double score) {
    return new Hypothesis(text, OptionalDouble.of(score), OptionalDouble.empty());
  }

  dev.earshot.v1.Hypothesis toMessage() {
    dev.earshot.v1.Hypothesis.Builder message =
        dev.earshot.v1.Hypothesis.newBuilder().setText(text);
    score.ifPresent(message::setScore);
    confidence.ifPresent(message::setConfidence);
    return message.build();
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "Hypothesis[score=" + score + ", confidence=" + confidence + "]";
  }
}
