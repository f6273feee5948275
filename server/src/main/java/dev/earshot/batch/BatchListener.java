package dev.earshot.batch;

/** Hears of what workers do, for metrics. Called by many threads; must be quick and not throw. */
public interface BatchListener {
  BatchListener NONE =
      new BatchListener() {
        @Override
        public void ran(
            String lane, int size, long expectedNanos, long actualNanos, boolean terminated) {}

        @Override
        public void dropped(String lane, Job.Drop why) {}
      };

  /** A batch was run. */
  void ran(String lane, int size, long expectedNanos, long actualNanos, boolean terminated);

  /** A job was dropped before it was run. */
  void dropped(String lane, Job.Drop why);

  /** A worker is free, and nothing waits for it. */
  default void caughtUp() {}

  /** This one, and a task that is run whenever a worker has caught up. */
  default BatchListener andWhenCaughtUp(Runnable task) {
    BatchListener listener = this;
    return new BatchListener() {
      @Override
      public void ran(
          String lane, int size, long expectedNanos, long actualNanos, boolean terminated) {
        listener.ran(lane, size, expectedNanos, actualNanos, terminated);
      }

      @Override
      public void dropped(String lane, Job.Drop why) {
        listener.dropped(lane, why);
      }

      @Override
      public void caughtUp() {
        listener.caughtUp();
        task.run();
      }
    };
  }
}
