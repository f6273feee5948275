package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AnswerStreamTest {
  /** The transport's side of a stream, with a reader that a test can stop. */
  private static final class Transport extends ServerCallStreamObserver<String> {
    final List<String> sent = new ArrayList<>();
    int requested;
    boolean ready = true;
    boolean completed;
    Runnable onReady = () -> {};
    Runnable onCancel = () -> {};

    @Override
    public void onNext(String response) {
      sent.add(response);
    }

    @Override
    public void onCompleted() {
      completed = true;
    }

    @Override
    public void onError(Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void request(int count) {
      requested += count;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      onReady = handler;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      onCancel = handler;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void disableAutoRequest() {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void setCompression(String compression) {}
  }

  private final Transport transport = new Transport();
  private final Map<String, CompletableFuture<String>> begun = new HashMap<>();
  private final AnswerStream<String, String> stream =
      new AnswerStream<>(
          transport,
          2,
          message -> message,
          message -> begun.computeIfAbsent(message, id -> new CompletableFuture<>()),
          (id, error) -> id + ": " + ServedApi.reason(error));

  @Test
  void refusesMoreUnansweredMessagesThanTheLimit() {
    stream.onNext("a");
    stream.onNext("b");
    stream.onNext("c");
    assertThat(transport.sent).containsExactly("c: STREAM_INFLIGHT");
    assertThat(begun).doesNotContainKey("c");

    answer("b");
    stream.onNext("d");
    answer("d");
    assertThat(transport.sent).containsExactly("c: STREAM_INFLIGHT", "b!", "d!");
  }

  @Test
  void refusesTheIdOfAnUnansweredMessage() {
    stream.onNext("a");
    stream.onNext("a");

    assertThat(transport.sent).containsExactly("a: INVALID_FIELD");
  }

  @Test
  void readsNothingWhileTheReaderTakesNothing() {
    assertThat(transport.requested).isEqualTo(1);
    transport.ready = false;
    stream.onNext("a");
    assertThat(transport.requested).isEqualTo(1);

    transport.ready = true;
    transport.onReady.run();
    assertThat(transport.requested).isEqualTo(2);
  }

  @Test
  void answersWhatIsOpenAfterTheLastMessageThenEnds() {
    stream.onNext("a");
    stream.onCompleted();
    assertThat(transport.completed).isFalse();

    answer("a");
    assertThat(transport.sent).containsExactly("a!");
    assertThat(transport.completed).isTrue();
  }

  @Test
  void dropsOpenWorkWhenTheCallerIsGone() {
    stream.onNext("a");
    transport.onCancel.run();

    assertThat(begun.get("a")).isCancelled();
    assertThat(transport.sent).isEmpty();
  }

  private void answer(String id) {
    CompletableFuture<String> open = begun.get(id);
    assertThat(open).isNotNull();
    open.complete(id + "!");
  }
}
