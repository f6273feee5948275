package dev.earshot.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a recogniser should expect to hear. Replaces an earlier bias of the same turn if its version
 * is higher.
 *
 * @param phrases likeliest first, each text once, each with its boost
 * @param contextText the dialogue so far, newest last, for recognisers that take a prompt; empty:
 *     none
 * @param embedding the context vector; empty: missing, which the degradation says, or left out as
 *     asked
 * @param droppedPhrases how many phrases were cut off by the query's most
 * @param version rises with each new bias of an interaction; 0: made without one
 * @param expireTime when it stops holding; empty: it holds for this turn
 * @param degradation what it was made without
 * @param timings where the server's time went
 */
public record Bias(
    List<BiasPhrase> phrases,
    String contextText,
    Optional<Embedding> embedding,
    int droppedPhrases,
    long version,
    Optional<Instant> expireTime,
    Degradation degradation,
    Timings timings) {
  public Bias {
    phrases = List.copyOf(phrases);
  }

  static Bias of(dev.earshot.v1.Bias message) {
    return new Bias(
        message.getPhrasesList().stream().map(BiasPhrase::of).toList(),
        message.getContextText(),
        message.hasEmbedding()
            ? Optional.of(Embedding.of(message.getEmbedding()))
            : Optional.empty(),
        message.getDroppedPhrases(),
        message.getVersion(),
        message.hasExpireTime()
            ? Optional.of(WireTime.instant(message.getExpireTime()))
            : Optional.empty(),
        Degradation.of(message.getDegradation()),
        Timings.of(message.getTimings()));
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "Bias[phrases="
        + phrases.size()
        + ", version="
        + version
        + ", expireTime="
        + expireTime
        + ", degradation="
        + degradation
        + "]";
  }
}
