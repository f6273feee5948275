package dev.earshot.batch;

/**
 * A batch while it is put together, and what it will take. Used under the batcher's lock: its
 * methods are short.
 *
 * @param <J> a job
 */
public interface BatchPlan<J extends Job> {
  /** Begins an empty batch. */
  void clear();

  /** Adds a job. */
  void add(J job);

  /** Nanoseconds that the batch is expected to take with one more job. */
  long expectedWith(J job);

  /** Nanoseconds that the batch will hardly exceed with one more job. */
  long boundWith(J job);

  /** Nanoseconds that the batch is expected to take. */
  long expected();

  /** Nanoseconds that the batch will hardly exceed. */
  long bound();
}
