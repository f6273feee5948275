package dev.earshot.client;

import dev.earshot.v1.RescoreRequest;
import java.util.List;

/**
 * Asks for the n-best of one utterance to be rescored. What is not named does not contribute. Each
 * method returns a changed copy; limits are the server's to check. Immutable.
 *
 * <pre>{@code
 * RescoreQuery.of(NBest.of(hypotheses).repaired()).interaction("turn-1").user("ada")
 * }</pre>
 */
public final class RescoreQuery {
  private final RescoreRequest message;

  private RescoreQuery(RescoreRequest message) {
    this.message = message;
  }

  /** A query for what the recogniser proposes; whether it is interim does not count. */
  public static RescoreQuery of(NBest nBest) {
    return new RescoreQuery(
        RescoreRequest.newBuilder()
            .addAllHypotheses(nBest.messages())
            .setScoreScale(nBest.scoreScale())
            .setMode(nBest.mode())
            .build());
  }

  /** With the interaction whose reply re-opened the microphone. Default: none. */
  public RescoreQuery interaction(String interactionId) {
    return new RescoreQuery(message.toBuilder().setInteractionId(interactionId).build());
  }

  /** With the user whose lists contribute, and whose the interaction is. Default: nobody's. */
  public RescoreQuery user(String userId) {
    return new RescoreQuery(message.toBuilder().setUserId(userId).build());
  }

  /** With the dialogue, whose earlier interactions contribute. Default: the interaction's. */
  public RescoreQuery dialogue(String dialogueId) {
    return new RescoreQuery(message.toBuilder().setDialogueId(dialogueId).build());
  }

  /** With phrases of the caller's, which override others of the same text. At most 1,000. */
  public RescoreQuery phrases(List<BiasPhrase> phrases) {
    return new RescoreQuery(
        message.toBuilder()
            .clearPhrases()
            .addAllPhrases(phrases.stream().map(BiasPhrase::toMessage).toList())
            .build());
  }

  /** With how many phrases to weigh at most, the caller's included, 1 to 1,000. Default: 100. */
  public RescoreQuery maxPhrases(int maxPhrases) {
    return new RescoreQuery(message.toBuilder().setMaxPhrases(maxPhrases).build());
  }

  /** With the locale of the user's speech, BCP 47. Default: the bundle's language. */
  public RescoreQuery locale(String languageTag) {
    return new RescoreQuery(message.toBuilder().setLocale(languageTag).build());
  }

  RescoreRequest toMessage() {
    return message;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RescoreQuery query && query.message.equals(message);
  }

  @Override
  public int hashCode() {
    return message.hashCode();
  }
}
