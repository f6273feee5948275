package dev.earshot.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A bidirectional call whose messages are answered by request id, in any order, each within its own
 * timeout. Thread-safe. Futures complete on gRPC's executor or the timer, never under a lock.
 *
 * @param <Q> the messages sent
 * @param <A> the messages received
 */
final class MessageStream<Q, A> {
  private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration CLOSE_GRACE = Duration.ofSeconds(5);

  private final int inflight;
  private final ScheduledExecutorService timer;
  private final Function<A, String> requestId;
  private final Consumer<A> uncalledFor;
  private final CountDownLatch ended = new CountDownLatch(1);
  private Runnable onEnd = () -> {};

  private @Nullable ClientCall<Q, A> call;
  private @Nullable StreamObserver<Q> requests;

  /**
   * What the server has not answered, by request id, in the order sent. A message that timed out
   * stays until its answer comes, since the server counts it until then. Guarded by this.
   */
  private final Map<String, Unanswered<A, ?>> unanswered = new LinkedHashMap<>();

  /** Guarded by this. */
  private long lastId;

  /** Whether no more is sent. Guarded by this. */
  private boolean halfClosed;

  /** Why nothing can be sent any more. Guarded by this. */
  private @Nullable EarshotException failure;

  /**
   * @param requestId the id that a response carries
   * @param uncalledFor takes responses whose id is that of no unanswered message
   */
  MessageStream(
      int inflight,
      ScheduledExecutorService timer,
      Function<A, String> requestId,
      Consumer<A> uncalledFor) {
    this.inflight = inflight;
    this.timer = timer;
    this.requestId = requestId;
    this.uncalledFor = uncalledFor;
  }

  /** Checks a message's timeout. */
  static void requireTimeout(Duration timeout) {
    EarshotClient.requirePositive("timeout", timeout);
    if (timeout.compareTo(LONGEST_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "timeout: " + timeout + " (expected: <= " + LONGEST_TIMEOUT + ")");
    }
  }

  void onEnd(Runnable action) {
    onEnd = action;
  }

  void open(Channel channel, MethodDescriptor<Q, A> method) {
    synchronized (this) {
      call = channel.newCall(method, CallOptions.DEFAULT);
      requests = ClientCalls.asyncBidiStreamingCall(call, new Responses());
    }
  }

  /**
   * Sends one message.
   *
   * @param wantedId its id; empty: an unused one
   * @param timeout above 0, at most 60 s
   * @param message the message, of its id
   * @param reader the answer of a response; throws {@link EarshotException} for an error. Asked for
   *     late answers too
   */
  <R> CompletableFuture<R> send(
      String wantedId, Duration timeout, Function<String, Q> message, Function<A, R> reader) {
    requireTimeout(timeout);
    CompletableFuture<R> answer = new CompletableFuture<>();
    synchronized (this) {
      EarshotException refusal = refusal();
      if (refusal != null) {
        return CompletableFuture.failedFuture(refusal);
      }
      String id = wantedId.isEmpty() ? unusedId() : wantedId;
      if (unanswered.putIfAbsent(id, new Unanswered<>(answer, reader)) != null) {
        throw new IllegalArgumentException(
            "requestId: '" + id + "' (expected: that of no unanswered query)");
      }
      expireAfter(timeout, answer);
      requests().onNext(message.apply(id));
    }
    return answer;
  }

  synchronized int unanswered() {
    return unanswered.size();
  }

  /** Whether messages can still be sent. */
  synchronized boolean isOpen() {
    return failure == null && !halfClosed;
  }

  /** Sends no more; the stream ends when all is answered, at the latest in five seconds. */
  void halfClose() {
    synchronized (this) {
      if (halfClosed || failure != null) {
        return;
      }
      halfClosed = true;
      requests().onCompleted();
    }
    if (!timer.isShutdown()) {
      var unused = timer.schedule(this::cancel, CLOSE_GRACE.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** Sends no more, waits up to five seconds for what is unanswered, and ends the stream. */
  void close() {
    halfClose();
    boolean done = false;
    try {
      done = ended.await(CLOSE_GRACE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!done) {
      cancel();
    }
  }

  /** Ends the stream at once; what is unanswered fails. */
  void cancel() {
    ClientCall<?, ?> open;
    synchronized (this) {
      open = call;
      halfClosed = true;
    }
    if (open != null) {
      open.cancel("the stream was cancelled", null);
    }
  }

  private StreamObserver<Q> requests() {
    if (requests == null) {
      throw new IllegalStateException("not opened");
    }
    return requests;
  }

  private @Nullable EarshotException refusal() {
    if (failure != null) {
      return failure;
    }
    if (halfClosed) {
      return EarshotException.local(Status.Code.UNAVAILABLE, "", "the stream is closed");
    }
    if (unanswered.size() >= inflight) {
      return EarshotException.local(
          Status.Code.RESOURCE_EXHAUSTED,
          "STREAM_INFLIGHT",
          inflight + " messages of the stream are unanswered");
    }
    return null;
  }

  private String unusedId() {
    String id;
    do {
      id = "#" + ++lastId;
    } while (unanswered.containsKey(id));
    return id;
  }

  private void expireAfter(Duration timeout, CompletableFuture<?> answer) {
    Future<?> expiry =
        timer.schedule(
            () ->
                answer.completeExceptionally(
                    EarshotException.local(
                        Status.Code.DEADLINE_EXCEEDED,
                        "",
                        "no answer within " + timeout.toMillis() + " ms")),
            timeout.toNanos(),
            TimeUnit.NANOSECONDS);
    var unused = answer.whenComplete((result, error) -> expiry.cancel(false));
  }

  private void end(EarshotException reason) {
    List<Unanswered<A, ?>> open;
    synchronized (this) {
      if (failure != null) {
        return;
      }
      failure = reason;
      open = List.copyOf(unanswered.values());
      unanswered.clear();
    }
    open.forEach(message -> message.answer.completeExceptionally(reason));
    ended.countDown();
    onEnd.run();
  }

  private record Unanswered<A, R>(CompletableFuture<R> answer, Function<A, R> reader) {
    void complete(A response) {
      try {
        answer.complete(reader.apply(response));
      } catch (EarshotException e) {
        answer.completeExceptionally(e);
      }
    }
  }

  private final class Responses implements StreamObserver<A> {
    @Override
    public void onNext(A response) {
      Unanswered<A, ?> message;
      synchronized (MessageStream.this) {
        message = unanswered.remove(requestId.apply(response));
      }
      if (message == null) {
        uncalledFor.accept(response);
      } else {
        message.complete(response);
      }
    }

    @Override
    public void onError(Throwable t) {
      end(EarshotException.from(t));
    }

    @Override
    public void onCompleted() {
      end(EarshotException.local(Status.Code.UNAVAILABLE, "", "the server ended the stream"));
    }
  }
}
