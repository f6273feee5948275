package dev.earshot.rescore;

/** How well the hypotheses of an n-best fit the dialogue so far. Immutable. */
public final class ContextMatch {
  /** There is no context vector. */
  public static final ContextMatch UNKNOWN = new ContextMatch(new float[0]);

  private final float[] similarities;

  private ContextMatch(float[] similarities) {
    this.similarities = similarities;
  }

  /** One similarity for each hypothesis, in the order given. */
  public static ContextMatch of(float... similarities) {
    return new ContextMatch(similarities.clone());
  }

  /** Whether similarities are known. */
  public boolean isKnown() {
    return similarities.length > 0;
  }

  /** That of the hypothesis at {@code index}. */
  public float similarity(int index) {
    return similarities[index];
  }
}
