package dev.earshot.grpc;

import com.google.rpc.Status;
import dev.earshot.core.Outbox;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
  private final Function<A, Optional<CompletableFuture<Optional<A>>>> next;

  /** The messages that wait for their answers. Guarded by this. */
  private final Map<String, CompletableFuture<A>> unanswered = new HashMap<>();

  /** What may follow answers that were given, by its number. Guarded by this. */
  private final Map<Integer, CompletableFuture<Optional<A>>> following = new HashMap<>();

  /** Guarded by this. */
  private int followed;

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
    this(responses, inflight, requestIdOf, begin, error, answer -> Optional.empty());
  }

  /**
   * A stream on which more may follow an answer, to nobody's asking.
   *
   * @param next says what follows an answer that was written; the stream does not end before it is
   *     known whether that comes
   */
  AnswerStream(
      ServerCallStreamObserver<A> responses,
      int inflight,
      Function<Q, String> requestIdOf,
      Function<Q, CompletableFuture<A>> begin,
      BiFunction<String, Status, A> error,
      Function<A, Optional<CompletableFuture<Optional<A>>>> next) {
    this.next = next;
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
      write(error.apply(requestId, RpcError.from(e).status()));
      settled(null);
      readOn();
      return;
    }
    Executor home = Outbox.home();
    answer.whenComplete((response, failure) -> {
      if (answer.isCancelled()) {
        return;
      }
      A written =
          failure == null ? response : error.apply(requestId, RpcError.from(failure).status());
      Outbox.send(
          home,
          () -> {
            write(written);
            // The message counts as unanswered until it is known what follows, so that the stream
            // goes on.
            next.apply(written).ifPresent(this::follow);
            settled(requestId);
          });
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

  private void follow(CompletableFuture<Optional<A>> later) {
    int number;
    synchronized (this) {
      if (ended) {
        later.cancel(false);
        return;
      }
      number = followed++;
      following.put(number, later);
    }
    later
        .exceptionally(failure -> Optional.empty())
        .thenAccept(response -> followed(number, response));
  }

  private synchronized void followed(int number, Optional<A> response) {
    if (following.remove(number) == null || ended) {
      return;
    }
    response.ifPresent(responses::onNext);
    endIfDone();
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

  private synchronized void write(A response) {
    if (!ended) {
      responses.onNext(response);
    }
  }

  /** Forgets a message that is answered; null: it never counted. */
  private synchronized void settled(@Nullable String requestId) {
    if (requestId != null) {
      unanswered.remove(requestId);
    }
    endIfDone();
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
    if (halfClosed && unanswered.isEmpty() && following.isEmpty() && !ended) {
      ended = true;
      responses.onCompleted();
    }
  }

  private void cancelled() {
    List<CompletableFuture<?>> open = new ArrayList<>();
    synchronized (this) {
      ended = true;
      open.addAll(unanswered.values());
      open.addAll(following.values());
      unanswered.clear();
      following.clear();
    }
    open.forEach(answer -> answer.cancel(false));
  }
}
