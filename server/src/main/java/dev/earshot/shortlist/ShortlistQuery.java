package dev.earshot.shortlist;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the {@link Shortlister}; validated by whoever makes it.
 *
 * @param hypotheses one or more, with posterior weights that sum to 1
 * @param userId whose enabled skills count, or null
 * @param isFollowUp whether the caller named an interaction or a dialogue
 * @param maxSkills how many skills to return at most, 1 to 100
 * @param minCatalogVersion the lowest catalogue version that may answer
 */
public record ShortlistQuery(
    List<WeightedText> hypotheses,
    @Nullable String userId,
    boolean isFollowUp,
    int maxSkills,
    long minCatalogVersion) {
  public ShortlistQuery {
    hypotheses = List.copyOf(hypotheses);
  }

  /** A text and the posterior weight that it is what was said. */
  public record WeightedText(String text, float weight) {
    @Override
    public String toString() {
      return "WeightedText[" + text.length() + " chars, weight=" + weight + "]";
    }
  }

  /** A query of one utterance, without a user. */
  public static ShortlistQuery contextFree(String utterance, int maxSkills) {
    return new ShortlistQuery(List.of(new WeightedText(utterance, 1)), null, false, maxSkills, 0);
  }
}
