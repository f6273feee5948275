package dev.earshot.rescore;

/** A change that competes with leaving the recogniser's best as it is. Immutable. */
final class Candidate {
  private final int hypothesis;
  private final int firstWord;
  private final int lastWord;
  private final int phrase;
  private final boolean isExact;
  private final float[] features;

  /**
   * @param hypothesis which is taken
   * @param firstWord of the span in it
   * @param lastWord of the span, exclusive
   * @param phrase which one stands there, or is put there
   * @param isExact whether the phrase stands there already
   * @param features by {@link Feature}; not copied
   */
  Candidate(
      int hypothesis, int firstWord, int lastWord, int phrase, boolean isExact, float[] features) {
    this.hypothesis = hypothesis;
    this.firstWord = firstWord;
    this.lastWord = lastWord;
    this.phrase = phrase;
    this.isExact = isExact;
    this.features = features;
  }

  int hypothesis() {
    return hypothesis;
  }

  int firstWord() {
    return firstWord;
  }

  int lastWord() {
    return lastWord;
  }

  int phrase() {
    return phrase;
  }

  boolean isExact() {
    return isExact;
  }

  /** By {@link Feature}; not to be written to. */
  float[] features() {
    return features;
  }

  float feature(Feature feature) {
    return features[feature.index()];
  }

  boolean overlaps(Candidate other) {
    return firstWord < other.lastWord && other.firstWord < lastWord;
  }
}
