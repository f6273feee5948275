package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.rpc.Code;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.BiasStreamRequest;
import dev.earshot.v1.BiasStreamResponse;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.Event;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.StreamHypotheses;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BiasStreamTest {
  private static final String USER = "user";
  private static final String TURN = "turn";

  private final ServedBiaser.Data data = new ServedBiaser.Data();
  private final BlockingQueue<BiasStreamResponse> responses = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private ServedBiaser served;
  private StreamObserver<BiasStreamRequest> stream;

  @BeforeEach
  void start() throws Exception {
    served = new ServedBiaser(data);
    stream =
        BiaserGrpc.newStub(served.channel())
            .biasStream(
                new StreamObserver<>() {
                  @Override
                  public void onNext(BiasStreamResponse response) {
                    responses.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    ended.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    ended.complete(null);
                  }
                });
  }

  @AfterEach
  void stop() throws Exception {
    served.close();
    data.close();
  }

  private void ask() {
    RecordEventsRequest.Builder request =
        RecordEventsRequest.newBuilder().setInteractionId(TURN).setUserId(USER);
    Event.Builder speak = request.addEventsBuilder().setEventId("1").setType("SPEAK");
    speak.addItems(ContextItem.newBuilder().setKind("REPLY").setText("Meg Jones or Meg Bauer?"));
    speak.addItems(ContextItem.newBuilder().setKind("CONTACT").setText("Meg Bauer"));
    request.addEventsBuilder().setEventId("2").setType("EXPECT_SPEECH");
    InteractionsGrpc.newBlockingStub(served.channel()).recordEvents(request.build());
  }

  private static BiasStreamRequest.Builder open(String requestId) {
    return BiasStreamRequest.newBuilder()
        .setRequestId(requestId)
        .setOpen(GetBiasRequest.newBuilder().setInteractionId(TURN).setUserId(USER));
  }

  private static BiasStreamRequest heard(String requestId, boolean interim) {
    return BiasStreamRequest.newBuilder()
        .setRequestId(requestId)
        .setTimeout(Durations.fromSeconds(20))
        .setHypotheses(
            StreamHypotheses.newBuilder()
                .setInterim(interim)
                .addHypotheses(Hypothesis.newBuilder().setText("power").setScore(-1))
                .addHypotheses(Hypothesis.newBuilder().setText("bauer").setScore(-2)))
        .build();
  }

  private BiasStreamResponse next() throws InterruptedException {
    BiasStreamResponse response = responses.poll(20, TimeUnit.SECONDS);
    if (response == null) {
      throw new AssertionError("no response");
    }
    return response;
  }

  private static boolean lacksEmbedding(BiasStreamResponse response) {
    return response.getBias().getDegradation().getMissingList().stream()
        .anyMatch(missing -> missing.getContext() == Degradation.Context.CONTEXT_EMBEDDING);
  }

  @Test
  void pushesTheBiasAndRescoresWhatIsHeard() throws Exception {
    ask();
    served.awaitWindow();
    stream.onNext(open("o").build());
    BiasStreamResponse bias = next();
    assertThat(bias.getRequestId()).isEqualTo("o");
    assertThat(bias.getBias().hasEmbedding()).isTrue();
    stream.onNext(heard("1", true));
    BiasStreamResponse interim = next();
    assertThat(interim.getRequestId()).isEqualTo("1");
    assertThat(interim.getRescored().getHypotheses(0).getText()).isEqualTo("bauer");
    stream.onNext(heard("2", false));
    assertThat(next().getRescored().getBiasVersion()).isEqualTo(bias.getBias().getVersion());
    stream.onCompleted();
    ended.get(20, TimeUnit.SECONDS);
    assertThat(responses).isEmpty();
  }

  @Test
  void pushesABetterBiasWhenItIsThere() throws Exception {
    served.parts.encoding = new CountDownLatch(1);
    ask();
    stream.onNext(open("o").setTimeout(Durations.fromMillis(300)).build());
    // The stream goes on until what is to follow has followed.
    stream.onCompleted();
    BiasStreamResponse first = next();
    assertThat(lacksEmbedding(first)).isTrue();
    assertThat(ended).isNotDone();
    served.parts.encoding.countDown();
    BiasStreamResponse better = next();
    assertThat(better.getRequestId()).isEqualTo("o");
    assertThat(lacksEmbedding(better)).isFalse();
    assertThat(better.getBias().getVersion()).isGreaterThan(first.getBias().getVersion());
    ended.get(20, TimeUnit.SECONDS);
  }

  @Test
  void pushesTheBiasThatHadNoTimeAtAllWhenItIsThere() throws Exception {
    ask();
    served.awaitWindow();
    stream.onNext(open("o").setTimeout(Durations.fromNanos(1_000_000)).build());
    BiasStreamResponse first = next();
    if (first.hasError()) {
      // The millisecond was over before the message was looked at.
      assertThat(first.getError().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED_VALUE);
      return;
    }
    if (lacksEmbedding(first)) {
      assertThat(lacksEmbedding(next())).isFalse();
    }
  }

  @Test
  void letsAnInterimMessageGiveWayToANewerOne() throws Exception {
    ask();
    served.awaitWindow();
    stream.onNext(open("o").build());
    next();
    served.parts.rescoring = new CountDownLatch(1);
    stream.onNext(heard("1", true));
    stream.onNext(heard("2", false));
    BiasStreamResponse superseded = next();
    assertThat(superseded.getRequestId()).isEqualTo("1");
    assertThat(superseded.getError().getCode()).isEqualTo(Code.ABORTED_VALUE);
    assertThat(ServedApi.reason(superseded.getError())).isEqualTo("SUPERSEDED");
    served.parts.rescoring.countDown();
    assertThat(next().getRequestId()).isEqualTo("2");
  }

  @Test
  void answersErrorsInBandAndGoesOn() throws Exception {
    stream.onNext(heard("1", false));
    BiasStreamResponse early = next();
    assertThat(ServedApi.violations(early.getError()).get(0)).startsWith("hypotheses: of no turn");
    stream.onNext(BiasStreamRequest.newBuilder().setRequestId("2").build());
    assertThat(ServedApi.violations(next().getError()).get(0)).startsWith("request: missing");
    stream.onNext(open("").build());
    assertThat(ServedApi.violations(next().getError()).get(0)).startsWith("request_id: missing");
    stream.onNext(open("3").setTimeout(Durations.fromSeconds(61)).build());
    assertThat(ServedApi.violations(next().getError()).get(0)).startsWith("timeout: ");
    stream.onNext(
        open("4")
            .setOpen(GetBiasRequest.newBuilder().addPhrases(BiasPhrase.newBuilder().setText("<b>")))
            .build());
    assertThat(ServedApi.violations(next().getError()).get(0)).startsWith("open.phrases[0].text: ");
    stream.onNext(open("o").build());
    assertThat(next().hasBias()).isTrue();
    stream.onNext(heard("o", false));
    assertThat(ServedApi.violations(next().getError()).get(0)).startsWith("request_id: that of");
    stream.onNext(heard("5", false));
    assertThat(next().hasRescored()).isTrue();
  }

  @Test
  void tellsNobodyOfAnothersInteraction() throws Exception {
    ask();
    stream.onNext(
        open("o")
            .setOpen(GetBiasRequest.newBuilder().setInteractionId(TURN).setUserId("other"))
            .build());
    assertThat(next().getError().getCode()).isEqualTo(Code.PERMISSION_DENIED_VALUE);
    stream.onNext(heard("1", false));
    assertThat(next().getError().getCode()).isEqualTo(Code.PERMISSION_DENIED_VALUE);
  }

  @Test
  void refusesMoreThanItsLimitOfUnansweredMessages() throws Exception {
    ask();
    served.awaitWindow();
    stream.onNext(open("o").build());
    next();
    served.parts.rescoring = new CountDownLatch(1);
    for (int i = 0; i < 5; i++) {
      stream.onNext(heard("h" + i, false));
    }
    BiasStreamResponse refused = next();
    assertThat(refused.getRequestId()).isEqualTo("h4");
    assertThat(ServedApi.reason(refused.getError())).isEqualTo("STREAM_INFLIGHT");
    served.parts.rescoring.countDown();
    for (int i = 0; i < 4; i++) {
      assertThat(next().hasRescored()).isTrue();
    }
  }

  @Test
  void beginsTheNextTurnWithALaterOpen() throws Exception {
    ask();
    served.awaitWindow();
    stream.onNext(open("o").build());
    next();
    stream.onNext(
        open("p")
            .setOpen(
                GetBiasRequest.newBuilder()
                    .addPhrases(BiasPhrase.newBuilder().setText("power").setBoost(9)))
            .build());
    assertThat(next().getRequestId()).isEqualTo("p");
    stream.onNext(heard("1", false));
    assertThat(next().getRescored().getHypotheses(0).getText()).isEqualTo("power");
  }
}
