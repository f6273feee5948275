package dev.earshot.perf.asr;

import java.util.List;

/**
 * A decoded hypothesis.
 *
 * @param tokens ids, without the start and the end of the sequence
 * @param score the log-probabilities of the tokens and of the end of the sequence, natural log,
 *     summed, and the reward of its length
 * @param bias what biasing added
 */
record Hypothesis(List<Integer> tokens, double score, double bias) {
  Hypothesis {
    tokens = List.copyOf(tokens);
  }

  /** What the search maximises. */
  double total() {
    return score + bias;
  }
}
