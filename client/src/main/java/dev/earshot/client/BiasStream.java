package dev.earshot.client;

import dev.earshot.v1.BiasStreamRequest;
import dev.earshot.v1.BiasStreamResponse;
import dev.earshot.v1.BiaserGrpc;
import io.grpc.Channel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream for the turns of one microphone: what to expect is pushed when the microphone opens, and
 * then what the recogniser proposes is rescored with it. Answers come as they are ready. A message
 * that is wrong, refused or late fails alone, with {@link EarshotException}; an interim one that
 * gave way to a newer one fails with {@link EarshotException.Aborted}. When the connection is lost
 * the stream ends with all that is unanswered: open another. {@link Biasing} does all that by
 * itself.
 *
 * <p>Thread-safe. Futures complete and listeners are called on the client's executor or timer; what
 * they do must not block there.
 */
public final class BiasStream implements AutoCloseable {
  private final Duration defaultTimeout;
  private final MessageStream<BiasStreamRequest, BiasStreamResponse> messages;

  /** The turn that the last opening message began. */
  private volatile @Nullable Turn turn;

  BiasStream(Duration defaultTimeout, int inflight, ScheduledExecutorService timer) {
    this.defaultTimeout = defaultTimeout;
    this.messages =
        new MessageStream<>(inflight, timer, BiasStreamResponse::getRequestId, this::receivePushed);
  }

  void onEnd(Runnable action) {
    messages.onEnd(action);
  }

  void open(Channel channel) {
    messages.open(channel, BiaserGrpc.getBiasStreamMethod());
  }

  /** As {@link #open(BiasQuery, Duration, Consumer)}, with the client's bias deadline. */
  public CompletableFuture<Bias> open(BiasQuery query, Consumer<Bias> listener) {
    return open(query, defaultTimeout, listener);
  }

  /**
   * Begins a turn: the microphone opens.
   *
   * @param timeout the server's budget until the first bias, from the message's arrival, and the
   *     longest that the future waits; above 0, at most 60 s
   * @param listener gets each bias of the turn, one after another: the first also when it is late,
   *     and a better one that follows. None any more once another turn is opened
   * @return the first bias
   * @throws IllegalArgumentException if the timeout is out of range
   */
  public CompletableFuture<Bias> open(BiasQuery query, Duration timeout, Consumer<Bias> listener) {
    Turn opening = new Turn(listener);
    return messages.send(
        "",
        timeout,
        requestId -> {
          // Before it is sent, so that no answer can come earlier.
          opening.requestId = requestId;
          turn = opening;
          return BiasStreamRequest.newBuilder()
              .setRequestId(requestId)
              .setTimeout(WireTime.duration(timeout))
              .setOpen(query.toMessage())
              .build();
        },
        response -> {
          Bias bias = readBias(response);
          notify(opening, bias);
          return bias;
        });
  }

  /** As {@link #rescore(NBest, Duration)}, with the client's bias deadline. */
  public CompletableFuture<Rescored> rescore(NBest nBest) {
    return rescore(nBest, defaultTimeout);
  }

  /**
   * Rescores what the recogniser proposes in the turn that was opened last.
   *
   * @param timeout the server's budget for it, from its arrival, and the longest that the future
   *     waits; above 0, at most 60 s
   * @return the answer; {@link EarshotException.ResourceExhausted} at once, without sending, where
   *     as many messages are unanswered as may be
   * @throws IllegalArgumentException if the timeout is out of range
   */
  public CompletableFuture<Rescored> rescore(NBest nBest, Duration timeout) {
    return messages.send(
        "",
        timeout,
        requestId ->
            BiasStreamRequest.newBuilder()
                .setRequestId(requestId)
                .setTimeout(WireTime.duration(timeout))
                .setHypotheses(nBest.toMessage())
                .build(),
        BiasStream::readRescored);
  }

  /** How many messages the server has not answered. */
  public int unanswered() {
    return messages.unanswered();
  }

  /** Whether messages can still be sent: neither closed nor lost. */
  public boolean isOpen() {
    return messages.isOpen();
  }

  /** Sends no more, waits up to five seconds for what is unanswered, and ends the stream. */
  @Override
  public void close() {
    messages.close();
  }

  /** Ends the stream at once; what is unanswered fails. */
  public void cancel() {
    messages.cancel();
  }

  /** Sends no more, without waiting; what is unanswered may still be answered. */
  void halfClose() {
    messages.halfClose();
  }

  private void receivePushed(BiasStreamResponse response) {
    Turn current = turn;
    if (current != null
        && current.requestId.equals(response.getRequestId())
        && response.hasBias()) {
      notify(current, Bias.of(response.getBias()));
    }
  }

  private void notify(Turn opened, Bias bias) {
    if (opened != turn) {
      return;
    }
    try {
      opened.listener.accept(bias);
    } catch (RuntimeException e) {
      // Thrown on, it would end the stream, and the turn's other answers with it.
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
  }

  private static Bias readBias(BiasStreamResponse response) {
    if (response.hasBias()) {
      return Bias.of(response.getBias());
    }
    throw EarshotException.from(response.getError());
  }

  private static Rescored readRescored(BiasStreamResponse response) {
    if (response.hasRescored()) {
      return Rescored.of(response.getRescored());
    }
    throw EarshotException.from(response.getError());
  }

  private static final class Turn {
    final Consumer<Bias> listener;

    /** Written once, before the turn is published. */
    volatile String requestId = "";

    Turn(Consumer<Bias> listener) {
      this.listener = listener;
    }
  }
}
