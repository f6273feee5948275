package dev.earshot.client;

import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.Channel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;

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
  private final Duration defaultTimeout;
  private final MessageStream<ShortlistStreamRequest, ShortlistStreamResponse> messages;

  ShortlistStream(Duration defaultTimeout, int inflight, ScheduledExecutorService timer) {
    this.defaultTimeout = defaultTimeout;
    this.messages =
        new MessageStream<>(inflight, timer, ShortlistStreamResponse::getRequestId, strayed -> {});
  }

  void onEnd(Runnable action) {
    messages.onEnd(action);
  }

  void open(Channel channel) {
    messages.open(channel, ShortlisterGrpc.getShortlistStreamMethod());
  }

  /** As {@link #send(ShortlistQuery, Duration)}, with the client's shortlist deadline. */
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
  public CompletableFuture<Shortlist> send(ShortlistQuery query, Duration timeout) {
    return messages.send(
        query.toMessage().getRequestId(),
        timeout,
        requestId ->
            ShortlistStreamRequest.newBuilder()
                .setRequestId(requestId)
                .setTimeout(WireTime.duration(timeout))
                .setShortlist(query.toMessage())
                .build(),
        ShortlistStream::read);
  }

  /** How many messages the server has not answered. */
  public int unanswered() {
    return messages.unanswered();
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

  private static Shortlist read(ShortlistStreamResponse response) {
    if (response.hasResponse()) {
      return Shortlist.of(response.getResponse());
    }
    throw EarshotException.from(response.getError());
  }
}
