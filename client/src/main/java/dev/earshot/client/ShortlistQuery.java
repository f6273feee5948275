package dev.earshot.client;

import dev.earshot.v1.ShortlistRequest;
import java.util.List;

/**
 * One utterance to shortlist: the text, or what a recogniser proposes for it, and what else is
 * known. Each method returns a changed copy; limits are the server's to check. Immutable.
 *
 * <pre>{@code
 * ShortlistQuery.of("will it rain tomorrow").user("ada").maxSkills(3)
 * }</pre>
 */
public final class ShortlistQuery {
  private final ShortlistRequest message;

  private ShortlistQuery(ShortlistRequest message) {
    this.message = message;
  }

  /** A query for what the user said. 1 to 1,000 code points. */
  public static ShortlistQuery of(String utterance) {
    return new ShortlistQuery(ShortlistRequest.newBuilder().setUtterance(utterance).build());
  }

  /** A query for what the user may have said: 1 to 20 texts, best first if they have no scores. */
  public static ShortlistQuery of(List<Hypothesis> hypotheses) {
    ShortlistRequest.Builder request = ShortlistRequest.newBuilder();
    hypotheses.forEach(hypothesis -> request.addHypotheses(hypothesis.toMessage()));
    return new ShortlistQuery(request.build());
  }

  /** With what makes natural logarithms of the scores. Default: 1. */
  public ShortlistQuery scoreScale(double scale) {
    return new ShortlistQuery(message.toBuilder().setScoreScale(scale).build());
  }

  /** With the caller's own id, which comes back in the answer. At most 128 code points. */
  public ShortlistQuery requestId(String requestId) {
    return new ShortlistQuery(message.toBuilder().setRequestId(requestId).build());
  }

  /**
   * With the user whose enabled skills count. Default: nobody's, and the answer is context-free.
   */
  public ShortlistQuery user(String userId) {
    return new ShortlistQuery(message.toBuilder().setUserId(userId).build());
  }

  /** With the interaction whose reply re-opened the microphone. Default: this is no follow-up. */
  public ShortlistQuery interaction(String interactionId) {
    return new ShortlistQuery(message.toBuilder().setInteractionId(interactionId).build());
  }

  /** With the dialogue that the utterance belongs to. Default: the interaction's, if any. */
  public ShortlistQuery dialogue(String dialogueId) {
    return new ShortlistQuery(message.toBuilder().setDialogueId(dialogueId).build());
  }

  /** With how many skills to return at most, 1 to 100. Default: 5. */
  public ShortlistQuery maxSkills(int maxSkills) {
    return new ShortlistQuery(message.toBuilder().setMaxSkills(maxSkills).build());
  }

  /** With the lowest catalogue version that may answer, to read one's own writes. Default: any. */
  public ShortlistQuery minCatalogVersion(long version) {
    return new ShortlistQuery(message.toBuilder().setMinCatalogVersion(version).build());
  }

  /** With what is known about the moment. Default: nothing. */
  public ShortlistQuery signals(Signals signals) {
    return new ShortlistQuery(message.toBuilder().setSignals(signals.toMessage()).build());
  }

  ShortlistRequest toMessage() {
    return message;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ShortlistQuery query && query.message.equals(message);
  }

  @Override
  public int hashCode() {
    return message.hashCode();
  }
}
