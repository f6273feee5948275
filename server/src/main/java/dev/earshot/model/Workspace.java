package dev.earshot.model;

import java.util.List;

/**
 * One worker's buffers and the three stages that run on them: encode, attend, classify. A batch
 * goes through them in this order; what a stage leaves is read by the next, so that tensors are not
 * copied. Row {@code i} of each result depends on row {@code i} of the inputs alone.
 *
 * <p>Not thread-safe, but for {@link #terminate}: a workspace belongs to one thread at a time. All
 * methods throw {@link InferenceException} if the runtime fails; the workspace can be used again
 * after that.
 */
public interface Workspace extends AutoCloseable {
  /** The most requests of one batch. */
  int maxRows();

  /** The most enabled skills of a user that attention can read. */
  int maxEnabled();

  /**
   * Encodes the texts of a batch. Request {@code i} is described by {@code texts.get(i)}, one or
   * more weighted hypotheses, whose vectors are averaged.
   *
   * @param texts 1 to {@link #maxRows()} requests
   */
  void encode(List<WeightedTexts> texts);

  /** The length of an utterance's vector. */
  int dimension();

  /** After {@link #encode}: copies a request's vector out, to be put back into a later batch. */
  void readVector(int request, float[] vector);

  /** Puts a vector of {@link #readVector} in the place of a request of this batch. */
  void writeVector(int request, float[] vector);

  /** Copies a request's vector to the place of another. */
  void moveVector(int from, int to);

  /** Sets how many requests, from the first on, go through the stages after {@link #encode}. */
  void resize(int requests);

  /**
   * Makes the queries from the encoded texts and the users' enabled skills.
   *
   * @param users as many as texts were encoded, each of at most {@link #maxEnabled()} skills;
   *     {@link EnabledSkills#NONE} gives the context-free query
   */
  void attend(List<EnabledSkills> users);

  /**
   * Finds each request's best skills.
   *
   * @param users those of {@link #attend}
   * @param k how many skills each, 1 to the number of skills
   */
  void classify(List<EnabledSkills> users, int k);

  /** After {@link #classify}: the row of the skill at a rank from 0, for a request. */
  int topRow(int request, int rank);

  /** After {@link #classify}: the natural log of that skill's probability among all skills. */
  float topLogProbability(int request, int rank);

  /** After {@link #classify}: how likely the request is in scope; see {@link Calibration}. */
  float scopeScore(int request);

  /**
   * Ends the run that goes on, and lets all later ones fail, with {@link RunTerminatedException},
   * until {@link #resume} is called. From any thread; a graph's current operator is still finished.
   */
  void terminate();

  /** After {@link #terminate}: runs succeed again. */
  void resume();

  @Override
  void close();

  /**
   * A request's texts: the hypotheses of an n-best list, or one utterance.
   *
   * @param tokens at least one
   * @param weights as many, positive, summing to 1
   */
  record WeightedTexts(List<Tokens> tokens, List<Float> weights) {
    private static final List<Float> ALONE = List.of(1f);

    public WeightedTexts {
      if (tokens.isEmpty() || tokens.size() != weights.size()) {
        throw new IllegalArgumentException(
            tokens.size() + " texts, " + weights.size() + " weights (expected: as many, >= 1)");
      }
    }

    /** The most words of a text. */
    public int longest() {
      int longest = 0;
      for (int i = 0; i < tokens.size(); i++) {
        longest = Math.max(longest, tokens.get(i).length());
      }
      return longest;
    }

    public static WeightedTexts of(Tokens tokens) {
      return new WeightedTexts(List.of(tokens), ALONE);
    }
  }
}
