package dev.earshot.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BiasCallsTest {
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final List<Hypothesis> HEARD =
      List.of(Hypothesis.of("call power", -1), Hypothesis.of("call bower", -2));

  @Test
  void turnsABiasIntoPlainValues() throws InterruptedException {
    PeerBiaser peer = new PeerBiaser();
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      Bias bias =
          client.bias(
              BiasQuery.interaction("turn-1")
                  .user("ada")
                  .dialogue("d")
                  .phrases(List.of(BiasPhrase.of("meg", 2).withKind("CONTACT")))
                  .maxPhrases(50)
                  .locale("en-US")
                  .withoutEmbedding(),
              LONG);

      BiasPhrase phrase =
          new BiasPhrase(
              "meg bauer",
              OptionalDouble.of(4.5),
              "Meg Bauer",
              List.of("M EH1 G B AW1 ER0"),
              "CONTACT",
              BiasPhrase.Source.REPLY,
              "en-US");
      assertThat(bias.phrases()).containsExactly(phrase);
      assertThat(bias.contextText()).isNotEmpty();
      assertThat(bias.embedding().orElseThrow().modelId()).isEqualTo("context-1");
      assertThat(bias.embedding().orElseThrow().shape()).containsExactly(1, 2);
      assertThat(bias.embedding().orElseThrow().values()).containsExactly(0.5f, -1f);
      assertThat(bias.droppedPhrases()).isEqualTo(4);
      assertThat(bias.version()).isEqualTo(3);
      assertThat(bias.expireTime()).isEmpty();
      assertThat(bias.degradation().isDegraded()).isFalse();
      assertThat(bias.degradation().has(Degradation.Context.PROFILE)).isFalse();
      assertThat(bias.timings().phrasesMicros()).isEqualTo(7);

      GetBiasRequest sent = peer.biasRequests.take();
      assertThat(sent.getInteractionId()).isEqualTo("turn-1");
      assertThat(sent.getUserId()).isEqualTo("ada");
      assertThat(sent.getDialogueId()).isEqualTo("d");
      assertThat(sent.getPhrases(0).getBoost()).isEqualTo(2);
      assertThat(sent.getPhrases(0).getKind()).isEqualTo("CONTACT");
      assertThat(sent.getMaxPhrases()).isEqualTo(50);
      assertThat(sent.getLocale()).isEqualTo("en-US");
      assertThat(sent.getOmitEmbedding()).isTrue();
    }
  }

  @Test
  void turnsARescoringIntoPlainValues() throws InterruptedException {
    PeerBiaser peer = new PeerBiaser();
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      Rescored rescored =
          client
              .rescoreAsync(
                  RescoreQuery.of(NBest.of(HEARD).withScoreScale(0.5).repaired())
                      .interaction("turn-1")
                      .user("ada")
                      .dialogue("d")
                      .phrases(List.of(BiasPhrase.of("meg")))
                      .maxPhrases(50)
                      .locale("en-US"),
                  LONG)
              .join();

      RescoredHypothesis best = rescored.best().orElseThrow();
      assertThat(best.text()).isEqualTo("call bower");
      assertThat(best.score()).hasValue(1);
      assertThat(best.sourceIndex()).isEqualTo(1);
      assertThat(best.repairs()).containsExactly(new Repair(5, 10, "power", "Bauer", 0.9));
      assertThat(rescored.changed()).isTrue();
      assertThat(rescored.biasVersion()).isEqualTo(3);
      assertThat(rescored.droppedPhrases()).isEqualTo(2);
      assertThat(rescored.timings().rescoreMicros()).isEqualTo(11);

      RescoreRequest sent = peer.rescoreRequests.take();
      assertThat(sent.getHypotheses(0).getText()).isEqualTo("call power");
      assertThat(sent.getScoreScale()).isEqualTo(0.5);
      assertThat(sent.getMode()).isEqualTo(RescoreMode.RESCORE_MODE_REPAIR);
      assertThat(sent.getInteractionId()).isEqualTo("turn-1");
      assertThat(sent.getUserId()).isEqualTo("ada");
      assertThat(sent.getDialogueId()).isEqualTo("d");
      assertThat(sent.getPhrases(0).hasBoost()).isFalse();
      assertThat(sent.getMaxPhrases()).isEqualTo(50);
      assertThat(sent.getLocale()).isEqualTo("en-US");
    }
  }

  @Test
  void endsACallAtTheBiasDeadlineAndTriesAnUnavailableServerTwice() {
    AtomicInteger calls = new AtomicInteger();
    PeerBiaser peer =
        new PeerBiaser() {
          @Override
          public void getBias(
              GetBiasRequest request, StreamObserver<dev.earshot.v1.Bias> observer) {}

          @Override
          public void rescore(RescoreRequest request, StreamObserver<RescoreResponse> observer) {
            calls.incrementAndGet();
            observer.onError(Status.UNAVAILABLE.asRuntimeException());
          }
        };
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().biasDeadline(Duration.ofMillis(80)).build()) {
      assertThatExceptionOfType(EarshotException.DeadlineExceeded.class)
          .isThrownBy(() -> client.bias(BiasQuery.NONE));
      assertThat(client.biasAsync(BiasQuery.NONE))
          .failsWithin(LONG)
          .withThrowableThat()
          .withCauseInstanceOf(EarshotException.DeadlineExceeded.class);
      assertThatExceptionOfType(EarshotException.Unavailable.class)
          .isThrownBy(() -> client.rescore(RescoreQuery.of(NBest.of(HEARD)), LONG));
      assertThat(calls).hasValue(2);
    }
  }

  @Test
  void keepsUserTextOutOfItsStrings() {
    BiasPhrase phrase = BiasPhrase.of("meg bauer", 1).withDisplay("Meg Bauer");
    Bias bias = Bias.of(PeerBiaser.bias(1, "meg bauer"));
    Rescored rescored =
        Rescored.of(
            dev.earshot.v1.RescoreResponse.newBuilder()
                .addHypotheses(
                    dev.earshot.v1.RescoredHypothesis.newBuilder()
                        .setText("meg bauer")
                        .addRepairs(
                            dev.earshot.v1.Repair.newBuilder()
                                .setOriginal("power")
                                .setPhrase("bauer")))
                .build());
    assertThat(
            List.of(phrase, bias, bias.embedding().orElseThrow(), NBest.of(HEARD), HEARD, rescored)
                .toString())
        .doesNotContainIgnoringCase("bauer")
        .doesNotContain("power")
        .doesNotContain("0.5");
  }
}
