package dev.earshot.store.dynamodb;

import dev.earshot.store.StoreException;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * One operation of the store: its requests, the tries of each, and the time for all of them.
 * Nothing is sent once it has ended, whether done, late or cancelled. Thread-safe.
 */
final class Operation {
  /** The time for an operation that has none as a whole. */
  static final long UNBOUNDED = Long.MAX_VALUE;

  private final Connection connection;
  private final long startNanos = System.nanoTime();
  private final long timeNanos;
  private final Map<Integer, CompletableFuture<?>> underWay = new ConcurrentHashMap<>();
  private final AtomicInteger tries = new AtomicInteger();
  private volatile @Nullable CompletableFuture<?> timeout;
  private volatile boolean ended;
  private volatile boolean uncertain;
  private volatile @Nullable Throwable lastFailure;

  Operation(Connection connection, long timeNanos) {
    this.connection = connection;
    this.timeNanos = timeNanos;
  }

  /** Says what shall happen when the time is over; given what stood in the way. */
  void onTimeout(Consumer<StoreException> action) {
    if (timeNanos != UNBOUNDED) {
      timeout =
          connection.after(
              timeNanos,
              () -> {
                Throwable failure = lastFailure;
                action.accept(
                    failure == null
                        ? new StoreException(StoreException.Kind.TIMEOUT, "DynamoDB took too long")
                        : Failures.typed(failure));
              });
    }
  }

  /**
   * Sends a request, again while that may help and there is time.
   *
   * @return fails with what the last try failed with
   */
  <R> CompletableFuture<R> call(Function<DynamoDbAsyncClient, CompletableFuture<R>> request) {
    CompletableFuture<R> result = new CompletableFuture<>();
    long time =
        timeNanos == UNBOUNDED
            ? System.nanoTime() - startNanos + connection.options().timeout().toNanos()
            : timeNanos;
    attempt(1, time, request, result);
    return result;
  }

  private <R> void attempt(
      int attempt,
      long time,
      Function<DynamoDbAsyncClient, CompletableFuture<R>> request,
      CompletableFuture<R> result) {
    if (ended) {
      result.completeExceptionally(new CancellationException());
      return;
    }
    CompletableFuture<R> sent;
    try {
      sent = request.apply(connection.client());
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
      return;
    }
    int id = tries.incrementAndGet();
    underWay.put(id, sent);
    if (ended) {
      sent.cancel(true);
    }
    sent.whenComplete((response, failure) -> {
      underWay.remove(id);
      if (failure == null) {
        connection.tokens().succeeded();
        result.complete(response);
        return;
      }
      Throwable cause = Failures.cause(failure);
      if (!Failures.mayPass(cause) || ended || connection.isClosed()) {
        result.completeExceptionally(cause);
        return;
      }
      lastFailure = cause;
      uncertain |= Failures.leavesUnknown(cause);
      if (!tryLater(attempt, time, () -> attempt(attempt + 1, time, request, result))) {
        result.completeExceptionally(cause);
      }
    });
  }

  /**
   * Tries once more after a while, unless too many requests fail or the time would be over.
   *
   * @return whether it will
   */
  private boolean tryLater(int attempt, long time, Runnable again) {
    long backoff = connection.backoffNanos(attempt);
    return connection.tokens().failed()
        && System.nanoTime() - startNanos < time - backoff
        && !connection.after(backoff, again).isCompletedExceptionally();
  }

  /**
   * Goes on after a while, where DynamoDB did a part of a request and left the rest for later.
   *
   * @return fails as throttled where there is no time for it
   */
  CompletableFuture<Void> backOff(int attempt) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    long time = timeNanos == UNBOUNDED ? UNBOUNDED : timeNanos;
    if (attempt > 10 || ended || !tryLater(attempt, time, () -> result.complete(null))) {
      result.completeExceptionally(
          new StoreException(
              StoreException.Kind.THROTTLED, "DynamoDB refuses for load: unprocessed keys"));
    }
    return result;
  }

  /** Whether a try failed that may have been done all the same. */
  boolean isUncertain() {
    return uncertain;
  }

  /** Lets go of what is under way. */
  void end() {
    ended = true;
    CompletableFuture<?> scheduled = timeout;
    if (scheduled != null) {
      scheduled.cancel(false);
    }
    underWay.values().forEach(sent -> sent.cancel(true));
  }
}
