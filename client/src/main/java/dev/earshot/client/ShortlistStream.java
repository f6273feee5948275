package dev.earshot.client;

import com.google.protobuf.Duration;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stream of utterances to shortlist. Answers come as they are ready, in any order; each future
 * gets its own. A message that is wrong, refused or late fails alone, with {@link
 * EarshotException}. When the connection is lost the stream ends with all that is unanswered: open
 * another.
 *
 * <p>Thread-safe. Futures complete on the client's executor or timer; what depends on them must not
 * block there.
 */
public final class ShortlistStream implements AutoCloseable {
  private static final java.time.Duration LONGEST_TIMEOUT = java.time.Duration.ofSeconds(60);

  private final java.time.Duration defaultTimeout;
  private final int inflight;
  private final ScheduledExecutorService timer;
  private final CountDownLatch ended = new CountDownLatch(1);
  private Runnable onEnd = () -> {};

  private @Nullable ClientCall<ShortlistStreamRequest, ShortlistStreamResponse> call;
  private @Nullable StreamObserver<ShortlistStreamRequest> requests;

  /**
   * What the server has not answered, by request id. A message that timed out stays until its
   * answer comes, since the server counts it until then. Guarded by this.
   */
  private final Map<String, CompletableFuture<Shortlist>> unanswered = new HashMap<>();

  /** Guarded by this. */
  private long lastId;

  /** Whether no more is sent. Guarded by this. */
  private boolean halfClosed;

  /** Why nothing can be sent any more. Guarded by this. */
  private @Nullable EarshotException failure;

  ShortlistStream(java.time.Duration defaultTimeout, int inflight, ScheduledExecutorService timer) {
    this.defaultTimeout = defaultTimeout;
    this.inflight = inflight;
    this.timer = timer;
  }

  void onEnd(Runnable action) {
    onEnd = action;
  }

  void open(Channel channel) {
    synchronized (this) {
      call = channel.newCall(ShortlisterGrpc.getShortlistStreamMethod(), CallOptions.DEFAULT);
      requests = ClientCalls.asyncBidiStreamingCall(call, new Responses());
    }
  }

  /** As {@link #send(ShortlistQuery, java.time.Duration)}, with the client's shortlist deadline. */
  public CompletableFuture<Shortlist> send(ShortlistQuery query) {
    return send(query, defaultTimeout);
  }

  /**
   * Sends one query.
   *
   * @param query its request id, if it has one, must be unlike that of any unanswered query of this
   *     stream
   * @param timeout the server's budget for it, from its arrival, and the longest that the future
   *     waits; above 0, at most 60 s
   * @return the answer; {@link EarshotException.ResourceExhausted} at once, without sending, where
   *     as many messages are unanswered as may be
   * @throws IllegalArgumentException if the timeout is out of range or the request id is in use
   */
  public CompletableFuture<Shortlist> send(ShortlistQuery query, java.time.Duration timeout) {
    EarshotClient.requirePositive("timeout", timeout);
    if (timeout.compareTo(LONGEST_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "timeout: " + timeout + " (expected: <= " + LONGEST_TIMEOUT + ")");
    }
    CompletableFuture<Shortlist> answer = new CompletableFuture<>();
    synchronized (this) {
      EarshotException refusal = refusal();
      if (refusal != null) {
        return CompletableFuture.failedFuture(refusal);
      }
      String requestId = query.toMessage().getRequestId();
      if (requestId.isEmpty()) {
        requestId = unusedId();
      }
      if (unanswered.putIfAbsent(requestId, answer) != null) {
        throw new IllegalArgumentException(
            "requestId: '" + requestId + "' (expected: that of no unanswered query)");
      }
      expireAfter(timeout, answer);
      requests()
          .onNext(
              ShortlistStreamRequest.newBuilder()
                  .setRequestId(requestId)
                  .setTimeout(
                      Duration.newBuilder()
                          .setSeconds(timeout.getSeconds())
                          .setNanos(timeout.getNano()))
                  .setShortlist(query.toMessage())
                  .build());
    }
    return answer;
  }

  /** How many messages the server has not answered. */
  public synchronized int unanswered() {
    return unanswered.size();
  }

  /** Sends no more, waits up to five seconds for what is unanswered, and ends the stream. */
  @Override
  public void close() {
    synchronized (this) {
      if (!halfClosed && failure == null) {
        halfClosed = true;
        requests().onCompleted();
      }
    }
    boolean done = false;
    try {
      done = ended.await(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!done) {
      cancel();
    }
  }

  /** Ends the stream at once; what is unanswered fails. */
  public void cancel() {
    ClientCall<?, ?> open;
    synchronized (this) {
      open = call;
      halfClosed = true;
    }
    if (open != null) {
      open.cancel("the stream was cancelled", null);
    }
  }

  private StreamObserver<ShortlistStreamRequest> requests() {
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

  private void expireAfter(java.time.Duration timeout, CompletableFuture<Shortlist> answer) {
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
    var unused = answer.whenComplete((shortlist, error) -> expiry.cancel(false));
  }

  private void end(EarshotException reason) {
    List<CompletableFuture<Shortlist>> open;
    synchronized (this) {
      if (failure != null) {
        return;
      }
      failure = reason;
      open = List.copyOf(unanswered.values());
      unanswered.clear();
    }
    open.forEach(answer -> answer.completeExceptionally(reason));
    ended.countDown();
    onEnd.run();
  }

  private final class Responses implements StreamObserver<ShortlistStreamResponse> {
    @Override
    public void onNext(ShortlistStreamResponse response) {
      CompletableFuture<Shortlist> answer;
      synchronized (ShortlistStream.this) {
        answer = unanswered.remove(response.getRequestId());
      }
      if (answer == null) {
        return;
      }
      if (response.hasResponse()) {
        answer.complete(Shortlist.of(response.getResponse()));
      } else {
        answer.completeExceptionally(EarshotException.from(response.getError()));
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
