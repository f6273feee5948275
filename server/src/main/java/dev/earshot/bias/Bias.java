package dev.earshot.bias;

import dev.earshot.deadline.Degradation;
import dev.earshot.phrase.BiasPhrase;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a recogniser should expect to hear. Immutable.
 *
 * @param phrases explicit ones first, then likeliest first
 * @param contextText the dialogue so far, newest last; may be empty
 * @param embedding the context vector
 * @param dropped how many phrases the limit cut off
 * @param version rises with each new bias of an interaction; 0: made without one
 * @param expireTime when it stops holding; empty: it holds for this turn
 */
public record Bias(
    List<BiasPhrase> phrases,
    String contextText,
    Optional<Embedding> embedding,
    int dropped,
    long version,
    Optional<Instant> expireTime,
    Degradation degradation,
    BiasTimes times) {
  public Bias {
    phrases = List.copyOf(phrases);
  }

  @Override
  public String toString() {
    return "Bias[phrases=" + phrases.size() + ", version=" + version + "]";
  }
}
