package dev.earshot.bias;

import dev.earshot.phrase.ExplicitPhrase;
import java.util.List;

/**
 * What a bias is asked for. Immutable; validated by who makes it.
 *
 * @param interactionId whose reply re-opened the microphone; empty: none
 * @param dialogueId whose earlier interactions contribute; empty: the interaction's
 * @param userId whose lists contribute; empty: nobody's
 * @param explicit the request's own phrases
 * @param maxPhrases 1 to 1,000
 * @param locale of the user's speech, BCP 47; empty: the bundle's language
 */
public record BiasQuery(
    String interactionId,
    String dialogueId,
    String userId,
    List<ExplicitPhrase> explicit,
    int maxPhrases,
    String locale) {
  /** How many phrases where a request does not say. */
  public static final int DEFAULT_PHRASES = 100;

  public BiasQuery {
    explicit = List.copyOf(explicit);
  }

  boolean namesDialogue() {
    return !interactionId.isEmpty() || !dialogueId.isEmpty();
  }

  /** Whether anything is asked for beside the request's own phrases. */
  public boolean namesContext() {
    return namesDialogue() || namesUser();
  }

  boolean namesUser() {
    return !userId.isEmpty();
  }

  @Override
  public String toString() {
    return "BiasQuery[explicit=" + explicit.size() + ", maxPhrases=" + maxPhrases + "]";
  }
}
