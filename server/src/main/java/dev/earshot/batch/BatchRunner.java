package dev.earshot.batch;

import java.util.List;

/**
 * Does the work of one worker. Called by one thread only, which also closes it.
 *
 * @param <J> a job
 */
public interface BatchRunner<J> extends AutoCloseable {
  /**
   * Runs the jobs and completes each of them, with its result or its failure.
   *
   * @param jobs at least one; reused after the call, so not to be kept
   */
  void run(List<J> jobs);

  @Override
  void close();
}
