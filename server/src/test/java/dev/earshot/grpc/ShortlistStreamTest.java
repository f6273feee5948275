package dev.earshot.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.rpc.Code;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.CallOptions;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class ShortlistStreamTest {
  @RegisterExtension static final ServedApi api = new ServedApi();

  /** What came back, in order; the end of the stream is the last entry. */
  private static final class Responses implements StreamObserver<ShortlistStreamResponse> {
    final BlockingQueue<Object> received = new LinkedBlockingQueue<>();

    @Override
    public void onNext(ShortlistStreamResponse response) {
      received.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      received.add(failure);
    }

    @Override
    public void onCompleted() {
      received.add("completed");
    }

    ShortlistStreamResponse next() throws InterruptedException {
      Object next = received.poll(20, TimeUnit.SECONDS);
      assertThat(next).isInstanceOf(ShortlistStreamResponse.class);
      return (ShortlistStreamResponse) next;
    }

    void expectCompleted() throws InterruptedException {
      assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("completed");
    }
  }

  private final Responses responses = new Responses();

  @Test
  void answersManyMessagesByTheirIds() throws Exception {
    StreamObserver<ShortlistStreamRequest> requests = open();
    List<String> texts = List.of("will it rain", "play some jazz", "set a timer", "tell me a joke");
    for (int i = 0; i < 40; i++) {
      requests.onNext(message("r" + i, texts.get(i % 4)));
    }
    requests.onCompleted();
    Map<String, ShortlistStreamResponse> byId = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      ShortlistStreamResponse response = responses.next();
      byId.put(response.getRequestId(), response);
      assertThat(response.getResponse().getRequestId()).isEqualTo(response.getRequestId());
    }
    responses.expectCompleted();

    assertThat(byId).hasSize(40);
    for (int i = 4; i < 40; i++) {
      assertThat(first(byId, "r" + i)).isEqualTo(first(byId, "r" + i % 4));
    }
  }

  @Test
  void aBadMessageFailsAlone() throws Exception {
    StreamObserver<ShortlistStreamRequest> requests = open();
    requests.onNext(message("bad", " "));
    assertError(responses.next(), "bad", Code.INVALID_ARGUMENT, "INVALID_FIELD");
    requests.onNext(message("", "hello"));
    assertError(responses.next(), "", Code.INVALID_ARGUMENT, "INVALID_FIELD");
    requests.onNext(ShortlistStreamRequest.newBuilder().setRequestId("none").build());
    assertError(responses.next(), "none", Code.INVALID_ARGUMENT, "INVALID_FIELD");
    requests.onNext(
        message("late", "hello").toBuilder()
            .setTimeout(Duration.newBuilder().setSeconds(61))
            .build());
    assertError(responses.next(), "late", Code.INVALID_ARGUMENT, "INVALID_FIELD");
    requests.onNext(
        message("outer", "hello").toBuilder()
            .setShortlist(ShortlistRequest.newBuilder().setUtterance("hello").setRequestId("inner"))
            .build());
    assertError(responses.next(), "outer", Code.INVALID_ARGUMENT, "INVALID_FIELD");

    requests.onNext(message("good", "hello"));
    assertThat(responses.next().getResponse().getSkillsCount()).isEqualTo(5);
    requests.onCompleted();
    responses.expectCompleted();
  }

  @Test
  void bytesThatAreNoMessageFailAlone() throws Exception {
    StreamObserver<byte[]> bytes =
        ClientCalls.asyncBidiStreamingCall(
            api.channel()
                .newCall(
                    RawBytes.requestsOf(ShortlisterGrpc.getShortlistStreamMethod()),
                    CallOptions.DEFAULT),
            responses);
    bytes.onNext(new byte[] {0x0a, 0x7f});
    assertError(responses.next(), "", Code.INVALID_ARGUMENT, "UNDECODABLE");
    bytes.onNext(message("good", "hello").toByteArray());
    assertThat(responses.next().getResponse().getSkillsCount()).isEqualTo(5);
    bytes.onCompleted();
    responses.expectCompleted();
  }

  @Test
  void aMessageWhoseTimeIsOverFailsAlone() throws Exception {
    StreamObserver<ShortlistStreamRequest> requests = open();
    requests.onNext(
        message("hopeless", "hello").toBuilder()
            .setTimeout(Duration.newBuilder().setNanos(1))
            .build());
    assertError(responses.next(), "hopeless", Code.DEADLINE_EXCEEDED, "DEADLINE");
    requests.onNext(message("fine", "hello"));
    assertThat(responses.next().hasResponse()).isTrue();
    requests.onCompleted();
    responses.expectCompleted();
  }

  @Test
  void refusesMoreUnansweredMessagesThanTheLimit() throws Exception {
    StreamObserver<ShortlistStreamRequest> requests = open();
    int sent = 2_000;
    for (int i = 0; i < sent; i++) {
      requests.onNext(message("r" + i, "hello number " + i));
    }
    requests.onCompleted();
    List<ShortlistStreamResponse> answers = new ArrayList<>();
    for (int i = 0; i < sent; i++) {
      answers.add(responses.next());
    }
    responses.expectCompleted();

    assertThat(answers.stream().map(ShortlistStreamResponse::getRequestId).distinct())
        .hasSize(sent);
    assertThat(answers).filteredOn(ShortlistStreamResponse::hasResponse).isNotEmpty();
    assertThat(answers)
        .filteredOn(ShortlistStreamResponse::hasError)
        .extracting(answer -> ServedApi.reason(answer.getError()))
        .isSubsetOf("STREAM_INFLIGHT", "OVERLOAD", "DEADLINE");
  }

  private StreamObserver<ShortlistStreamRequest> open() {
    return ShortlisterGrpc.newStub(api.channel()).shortlistStream(responses);
  }

  private static String first(Map<String, ShortlistStreamResponse> byId, String id) {
    return requireNonNull(byId.get(id)).getResponse().getSkills(0).getSkillId();
  }

  private static ShortlistStreamRequest message(String id, String utterance) {
    return ShortlistStreamRequest.newBuilder()
        .setRequestId(id)
        .setTimeout(Duration.newBuilder().setSeconds(10))
        .setShortlist(ShortlistRequest.newBuilder().setUtterance(utterance))
        .build();
  }

  private static void assertError(
      ShortlistStreamResponse response, String id, Code code, String reason) {
    assertThat(response.getRequestId()).isEqualTo(id);
    assertThat(response.hasError()).isTrue();
    assertThat(response.getError().getCode()).isEqualTo(code.getNumber());
    assertThat(ServedApi.reason(response.getError())).isEqualTo(reason);
  }
}
