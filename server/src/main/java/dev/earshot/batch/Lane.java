package dev.earshot.batch;

import java.util.function.Supplier;

/**
 * A kind of work. Jobs of one lane run together in batches; all lanes share the workers, in the
 * order in which their jobs are due. Work in the background has a lane of its own.
 *
 * @param <J> its jobs
 * @param name for threads, logs and metrics
 * @param batchMax the most jobs of a batch
 * @param runners makes each worker's own, in its thread
 */
public record Lane<J extends Job>(
    String name, int batchMax, Supplier<? extends BatchRunner<J>> runners) {
  public Lane {
    MicroBatcher.requirePositive("batchMax", batchMax);
  }
}
