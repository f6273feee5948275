package dev.earshot.perf.asr;

/**
 * Shallow fusion: what is added to a token's log-probability while the beam search decodes. The
 * search keeps one state for each hypothesis. Implementations are immutable.
 */
public interface TokenBias {
  /** Adds nothing. */
  TokenBias NONE =
      new TokenBias() {
        @Override
        public int start() {
          return 0;
        }

        @Override
        public void add(int state, float[] scores) {}

        @Override
        public int advance(int state, int token) {
          return state;
        }

        @Override
        public double finish(int state) {
          return 0;
        }
      };

  /** The state of the empty hypothesis. */
  int start();

  /**
   * Adds to each token's score what it would bring after a hypothesis.
   *
   * @param state of the hypothesis
   * @param scores by token id, in natural-log units
   */
  void add(int state, float[] scores);

  /** The state of a hypothesis that is longer by a token. */
  int advance(int state, int token);

  /** What is added when a hypothesis ends, such as the refund of a phrase that was not finished. */
  double finish(int state);
}
