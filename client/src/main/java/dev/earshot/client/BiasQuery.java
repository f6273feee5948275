package dev.earshot.client;

import dev.earshot.v1.GetBiasRequest;
import java.util.List;

/**
 * Asks what a user is likely to say next. What is not named does not contribute. Each method
 * returns a changed copy; limits are the server's to check. Immutable.
 *
 * <pre>{@code
 * BiasQuery.interaction("turn-1").user("ada")
 * }</pre>
 */
public final class BiasQuery {
  /** For nobody and no dialogue: add what is known. */
  public static final BiasQuery NONE = new BiasQuery(GetBiasRequest.getDefaultInstance());

  private final GetBiasRequest message;

  private BiasQuery(GetBiasRequest message) {
    this.message = message;
  }

  /** A query after the interaction whose reply re-opened the microphone. */
  public static BiasQuery interaction(String interactionId) {
    return new BiasQuery(GetBiasRequest.newBuilder().setInteractionId(interactionId).build());
  }

  /** A query with phrases of the caller's alone. */
  public static BiasQuery of(List<BiasPhrase> phrases) {
    return NONE.phrases(phrases);
  }

  /** With the user whose lists contribute, and whose the interaction is. Default: nobody's. */
  public BiasQuery user(String userId) {
    return new BiasQuery(message.toBuilder().setUserId(userId).build());
  }

  /** With the dialogue, whose earlier interactions contribute. Default: the interaction's. */
  public BiasQuery dialogue(String dialogueId) {
    return new BiasQuery(message.toBuilder().setDialogueId(dialogueId).build());
  }

  /** With phrases of the caller's, which override others of the same text. At most 1,000. */
  public BiasQuery phrases(List<BiasPhrase> phrases) {
    return new BiasQuery(
        message.toBuilder()
            .clearPhrases()
            .addAllPhrases(phrases.stream().map(BiasPhrase::toMessage).toList())
            .build());
  }

  /** With how many phrases to return at most, the caller's included, 1 to 1,000. Default: 100. */
  public BiasQuery maxPhrases(int maxPhrases) {
    return new BiasQuery(message.toBuilder().setMaxPhrases(maxPhrases).build());
  }

  /** With the locale of the user's speech, BCP 47. Default: the bundle's language. */
  public BiasQuery locale(String languageTag) {
    return new BiasQuery(message.toBuilder().setLocale(languageTag).build());
  }

  /** Without the embedding in the answer, for recognisers that have no use for it. */
  public BiasQuery withoutEmbedding() {
    return new BiasQuery(message.toBuilder().setOmitEmbedding(true).build());
  }

  GetBiasRequest toMessage() {
    return message;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BiasQuery query && query.message.equals(message);
  }

  @Override
  public int hashCode() {
    return message.hashCode();
  }
}
