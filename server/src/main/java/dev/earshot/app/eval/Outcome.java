package dev.earshot.app.eval;

import org.jspecify.annotations.Nullable;

/**
 * What became of one utterance.
 *
 * @param rank of the right skill, from 0; −1: not on the list, or there was no answer
 * @param rightCapability whether the first skill does what the right one does
 * @param confidence the first skill's probability
 * @param outOfScope the probability that no skill is right
 * @param degraded whether the answer was made without something that was asked for
 * @param error why there was no answer; null: there was one
 */
record Outcome(
    int rank,
    boolean rightCapability,
    double confidence,
    double outOfScope,
    boolean degraded,
    @Nullable String error) {
  static Outcome failed(String error) {
    return new Outcome(-1, false, 0, 0, false, error);
  }

  boolean isAnswered() {
    return error == null;
  }

  boolean isWithin(int top) {
    return rank >= 0 && rank < top;
  }
}
