package dev.earshot.client;

import dev.earshot.v1.RescoreResponse;
import java.util.List;
import java.util.Optional;

/**
 * The rescored n-best.
 *
 * @param hypotheses best first
 * @param changed whether the first text is another than the recogniser's first
 * @param degradation what the answer was made without
 * @param timings where the server's time went
 * @param droppedPhrases how many phrases were not weighed because of the query's most
 * @param biasVersion version of the bias that was used; 0: made without an interaction
 */
public record Rescored(
    List<RescoredHypothesis> hypotheses,
    boolean changed,
    Degradation degradation,
    Timings timings,
    int droppedPhrases,
    long biasVersion) {
  public Rescored {
    hypotheses = List.copyOf(hypotheses);
  }

  /** The best hypothesis; empty only if none was sent. */
  public Optional<RescoredHypothesis> best() {
    return hypotheses.stream().findFirst();
  }

  static Rescored of(RescoreResponse message) {
    return new Rescored(
        message.getHypothesesList().stream().map(RescoredHypothesis::of).toList(),
        message.getChanged(),
        Degradation.of(message.getDegradation()),
        Timings.of(message.getTimings()),
        message.getDroppedPhrases(),
        message.getBiasVersion());
  }
}
