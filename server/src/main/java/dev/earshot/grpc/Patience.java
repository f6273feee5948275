package dev.earshot.grpc;

import io.grpc.Context;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Ends calls that have no deadline and wait for a store that hangs. The deadline of one that has it
 * is kept by gRPC, which cancels the call. Thread-safe.
 */
final class Patience {
  /** What a call to a store takes at most where the caller states no deadline. */
  static final Duration DEFAULT = Duration.ofSeconds(5);

  private final ScheduledExecutorService timers;
  private final Duration time;

  /**
   * @param timers their tasks are short
   */
  Patience(ScheduledExecutorService timers, Duration time) {
    this.timers = timers;
    this.time = time;
  }

  /**
   * The stage, or where the call being handled has no deadline, one that fails in time in its place
   * and cancels it.
   */
  <R> CompletionStage<R> limit(CompletionStage<R> stage) {
    CompletableFuture<R> work = stage.toCompletableFuture();
    if (work.isDone() || Context.current().getDeadline() != null) {
      return work;
    }
    CompletableFuture<R> limited = new CompletableFuture<>();
    Future<?> timer =
        timers.schedule(
            () -> limited.completeExceptionally(RpcError.deadline()),
            time.toNanos(),
            TimeUnit.NANOSECONDS);
    work.whenComplete((result, failure) -> {
      timer.cancel(false);
      if (failure == null) {
        limited.complete(result);
      } else {
        limited.completeExceptionally(failure);
      }
    });
    limited.whenComplete((result, failure) -> work.cancel(false));
    return limited;
  }
}
