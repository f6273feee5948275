package dev.earshot.model;

import java.util.List;

/**
 * Makes the context vector of a dialogue, and says how well what a recogniser heard fits it.
 *
 * <p>Thread-safe: every call that is under way has buffers of its own, which later calls use again,
 * so that memory grows with the number of calls at a time and never with their count. Calls run on
 * their caller's thread and do not wait for each other. A call throws {@link InferenceException} if
 * the runtime fails.
 */
public interface ContextEncoder extends AutoCloseable {
  /** Goes with every vector, and changes whenever vectors would. */
  String modelId();

  /** The length of an item's vector. */
  int dimensions();

  /** The most items that one context may have. */
  int maxItems();

  /** Whether {@link #match} is there: a recogniser's own bias encoder may come without it. */
  boolean canMatch();

  /**
   * Makes a context vector.
   *
   * @param texts 1 to {@link #maxItems()} texts; the previous utterance and the reply first, then
   *     items by how likely they are to be said, then entries of the user's lists. Of a text the
   *     first words count, as many as the tokeniser reads
   * @return one vector for each text, in their order; each depends on all of them
   * @throws IllegalArgumentException if there are none or too many
   */
  ContextVector encode(List<ContextText> texts);

  /** Whether {@link #match} can read a vector: false for one that another model made. */
  default boolean reads(ContextVector vector) {
    return canMatch()
        && vector.modelId().equals(modelId())
        && vector.dimensions() == dimensions()
        && vector.items() <= maxItems();
  }

  /**
   * Compares hypotheses with a context. The similarity of a text is an estimate of its pointwise
   * mutual information with the context, in natural-log units: the log of how many times likelier
   * it is to be said after this context than after any other. 0 says that the context tells
   * nothing, and the difference of two hypotheses' similarities is what the context adds to the
   * log-odds of one against the other. It says nothing of how ordinary a text is in itself.
   * Independent of the other hypotheses.
   *
   * @param vector one that {@link #reads} accepts
   * @param hypotheses any number
   * @return one similarity for each hypothesis, within ±10
   * @throws IllegalArgumentException if the vector was made by another model
   * @throws UnsupportedOperationException if this encoder cannot match
   */
  float[] match(ContextVector vector, List<String> hypotheses);

  @Override
  void close();
}
