package dev.earshot.batch;

import java.util.List;

/**
 * Does one worker's work of a lane. Called by one thread only, which also closes it, but for {@link
 * #terminate()}.
 *
 * @param <J> a job
 */
public interface BatchRunner<J extends Job> extends AutoCloseable {
  /** What a batch would take; always the same plan, which the worker fills anew for each batch. */
  BatchPlan<J> plan();

  /**
   * Runs the jobs and completes each of them, with its result or its failure.
   *
   * @param jobs at least one; reused after the call, so not to be kept
   * @param computed may be run when nothing is left but to hand the results over, so that who hears
   *     of them finds the worker free already
   */
  void run(List<J> jobs, Runnable computed);

  /**
   * Ends the current run soon, from any thread: it has taken too long.
   *
   * @return false: it cannot be ended from outside, and goes on
   */
  boolean terminate();

  /** Called after a run that {@link #terminate} has ended: the next one may run. */
  void resume();

  @Override
  void close();
}
