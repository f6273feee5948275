package dev.earshot.grpc;

import com.google.rpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One bidirectional stream on which every message is answered alone. Answers come from any thread
 * and are written under one lock, since a {@code StreamObserver} is not thread-safe.
 *
 * <p>What is not answered, and what was answered but not taken by a slow reader, is bounded: beyond
 * the limit messages are refused, and while the transport takes nothing more none is read at all.
 *
 * @param <Q> the message of a client
 * @param <A> the message of the server
 */
final class AnswerStream<Q, A> implements StreamObserver<Q> {
  private final ServerCallStreamObserver<A> responses;
  private final int inflight;
  private final Function<Q, String> requestIdOf;
  private final Function<Q, CompletableFuture<A>> begin;
  private final BiFunction<String, Status, A> error;

  /** The messages that wait for their answers. Guarded by this. */
  private final Map<String, CompletableFuture<A>> unanswered = new HashMap<>();

  /** Whether the client has sent its last message. Guarded by this. */
  private boolean halfClosed;

  /** Whether the stream has ended, either way. Guarded by this. */
  private boolean ended;

  /** Whether a message is owed to the transport's flow control. Guarded by this. */
  private boolean paused;

  /**
   * @param inflight the most messages that may be unanswered
   * @param begin starts the work on a message; may throw what {@link RpcError#from} understands
   * @param error makes the answer of an error
   */
  AnswerStream(
      ServerCallStreamObserver<A> responses,
      int inflight,
      Function<Q, String> requestIdOf,
      Function<Q, CompletableFuture<A>> begin,
      BiFunction<String, Status, A> error) {
    this.responses = responses;
    this.inflight = inflight;
    this.requestIdOf = requestIdOf;
    this.begin = begin;
    this.error = error;
    responses.disableAutoRequest();
    responses.setOnCancelHandler(this::cancelled);
    responses.setOnReadyHandler(this::ready);
    responses.request(1);
  }

  @Override
  public void onNext(Q message) {
    String requestId = requestIdOf.apply(message);
    CompletableFuture<A> answer;
    try {
      answer = admit(requestId, message);
    } catch (RuntimeException e) {
      answered(error.apply(requestId, RpcError.from(e).status()), null);
      readOn();
      return;
    }
    answer.whenComplete((response, failure) -> {
      if (!answer.isCancelled()) {
        answered(
            failure == null ? response : error.apply(requestId, RpcError.from(failure).status()),
            requestId);
      }
    });
    readOn();
  }

  private CompletableFuture<A> admit(String requestId, Q message) {
    synchronized (this) {
      if (unanswered.size() >= inflight) {
        throw RpcError.streamInflight(inflight);
      }
      if (unanswered.containsKey(requestId)) {
        Violations violations = new Violations();
        violations.add(
            "request_id", "that of an unanswered message (expected: one that is not in use)");
        violations.throwIfAny();
      }
    }
    CompletableFuture<A> answer = begin.apply(message);
    synchronized (this) {
      unanswered.put(requestId, answer);
    }
    return answer;
  }

  @Override
  public void onError(Throwable t) {
    cancelled();
  }

  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    endIfDone();
  }

  /** Writes an answer, and forgets the message that it is for. */
  private synchronized void answered(
      A response, @org.jspecify.annotations.Nullable String requestId) {
    if (requestId != null) {
      unanswered.remove(requestId);
    }
    if (!ended) {
      responses.onNext(response);
      endIfDone();
    }
  }

  private void readOn() {
    synchronized (this) {
      if (ended || halfClosed) {
        return;
      }
      if (!responses.isReady()) {
        paused = true;
        return;
      }
    }
    responses.request(1);
  }

  private void ready() {
    synchronized (this) {
      if (!paused || ended) {
        return;
      }
      paused = false;
    }
    responses.request(1);
  }

  private void endIfDone() {
    if (halfClosed && unanswered.isEmpty() && !ended) {
      ended = true;
      responses.onCompleted();
    }
  }

  private void cancelled() {
    Map<String, CompletableFuture<A>> open;
    synchronized (this) {
      ended = true;
      open = Map.copyOf(unanswered);
      unanswered.clear();
    }
    open.values().forEach(answer -> answer.cancel(false));
  }
}
