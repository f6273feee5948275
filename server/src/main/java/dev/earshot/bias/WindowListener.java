package dev.earshot.bias;

/**
 * Hears of what is computed ahead of a turn, for metrics. Called by many threads; must be quick.
 */
public interface WindowListener {
  WindowListener NONE =
      new WindowListener() {
        @Override
        public void ended(Outcome outcome, long nanos) {}

        @Override
        public void stored(boolean succeeded) {}
      };

  /** How a computation ended. */
  enum Outcome {
    /** Before the reply's end. */
    IN_TIME,
    LATE,
    /** A newer event came, or the interaction was removed. */
    REPLACED,
    /** In part, or not at all: the store failed, or the queue was full. */
    FAILED
  }

  /**
   * A computation ended.
   *
   * @param nanos since the event that it was begun for
   */
  void ended(Outcome outcome, long nanos);

  /** A computed bias was written to the store, or was not. */
  void stored(boolean succeeded);
}
