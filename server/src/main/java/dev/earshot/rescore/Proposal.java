package dev.earshot.rescore;

/** A change to an n-best that could be made. Immutable. */
public final class Proposal {
  private final String text;
  private final int hypothesis;
  private final int firstWord;
  private final int lastWord;
  private final boolean isExact;
  private final float[] features;

  Proposal(
      String text, int hypothesis, int firstWord, int lastWord, boolean isExact, float[] features) {
    this.text = text;
    this.hypothesis = hypothesis;
    this.firstWord = firstWord;
    this.lastWord = lastWord;
    this.isExact = isExact;
    this.features = features.clone();
  }

  /** What would be first. */
  public String text() {
    return text;
  }

  /** The hypothesis that it is made from, by its place in the n-best. */
  public int hypothesis() {
    return hypothesis;
  }

  /** The first word of the span that holds the phrase, or would. */
  public int firstWord() {
    return firstWord;
  }

  /** The end of the span, exclusive. */
  public int lastWord() {
    return lastWord;
  }

  /** Whether the hypothesis is taken as it is. */
  public boolean isExact() {
    return isExact;
  }

  /** Named by {@link LearnedRescorer#featureNames}. */
  public float[] features() {
    return features.clone();
  }
}
