package dev.earshot.perf.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.Degradation.Context;
import dev.earshot.v1.Degradation.Reason;
import dev.earshot.v1.Degradation.Stage;
import dev.earshot.v1.Embedding;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.RescoredHypothesis;
import dev.earshot.v1.Timings;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BiasTrafficTest {
  private static final RescoreRequest LIST =
      RescoreRequest.newBuilder()
          .setScoreScale(2)
          .addHypotheses(Hypothesis.newBuilder().setText("power").setScore(-2))
          .addHypotheses(Hypothesis.newBuilder().setText("bower").setScore(-1))
          .build();
  private static final RescoreResponse OWN =
      RescoreResponse.newBuilder()
          .addHypotheses(rescored("power", -4, 0))
          .addHypotheses(rescored("bower", -2, 1))
          .build();
  private static final RescoreResponse FULL =
      RescoreResponse.newBuilder().addHypotheses(rescored("bauer", 1, 1)).build();
  private static final Degradation NO_TIME =
      missing(Context.CONTEXT_EMBEDDING, Reason.REASON_BUDGET)
          .addSkippedStages(Stage.STAGE_RESCORE)
          .build();

  private final Traffic rescoring = BiasTraffic.rescoring(List.of(LIST), List.of(FULL));

  @Test
  void takesTheFullAnswerForOne() {
    assertThat(read(FULL)).isEmpty();
    assertThat(read(FULL.toBuilder().setTimings(Timings.newBuilder().setTotalUs(7)).build()))
        .isEmpty();
  }

  @Test
  void notesAnUnmarkedAnswerThatIsNotTheFullOne() {
    assertThat(read(OWN)).containsExactly(BiasTraffic.UNMARKED);
  }

  @Test
  void takesAContextFreeAnswerForOneIfItIsTheRecognisersOwnList() {
    assertThat(read(OWN.toBuilder().setDegradation(NO_TIME).build()))
        .containsExactly("EMBEDDING/BUDGET", "skipped RESCORE", BiasTraffic.CONTEXT_FREE);
  }

  @Test
  void notesAContextFreeAnswerThatIsAnotherList() {
    RescoreResponse sorted =
        RescoreResponse.newBuilder()
            .addHypotheses(OWN.getHypotheses(1))
            .addHypotheses(OWN.getHypotheses(0))
            .setDegradation(NO_TIME)
            .build();
    assertThat(read(sorted)).contains(BiasTraffic.CONTEXT_FREE, BiasTraffic.NOT_OWN_ORDER);
    RescoreResponse other = OWN.toBuilder().setDegradation(NO_TIME).build();
    other = other.toBuilder().setHypotheses(0, rescored("Power", -4, 0)).build();
    assertThat(read(other)).contains(BiasTraffic.NOT_OWN_ORDER);
  }

  @Test
  void tellsAnAnswerInPartFromBoth() {
    Degradation without = missing(Context.CONTEXT_EMBEDDING, Reason.REASON_NOT_READY).build();
    assertThat(read(FULL.toBuilder().setDegradation(without).build()))
        .containsExactly("EMBEDDING/NOT_READY", BiasTraffic.IN_PART);
  }

  @Test
  void doesNotCountWhatWasNotAskedFor() {
    Degradation notAsked = missing(Context.CONTEXT_DIALOGUE, Reason.REASON_NOT_REQUESTED).build();
    assertThat(read(FULL.toBuilder().setDegradation(notAsked).build())).isEmpty();
  }

  @Test
  void seesHowMuchOfTheContextIsInABias() {
    Bias nothing = Bias.getDefaultInstance();
    Bias phrases = Bias.newBuilder().addPhrases(BiasPhrase.newBuilder().setText("bauer")).build();
    Bias whole = phrases.toBuilder().setEmbedding(Embedding.newBuilder().addValues(1)).build();
    Degradation late = missing(Context.CONTEXT_EMBEDDING, Reason.REASON_NOT_READY).build();
    Degradation wrong = missing(Context.CONTEXT_PROFILE, Reason.REASON_NOT_READY).build();

    assertThat(bias(whole)).isEmpty();
    assertThat(bias(whole.toBuilder().setTimings(Timings.newBuilder().setEncodeUs(1)).build()))
        .containsExactly(BiasTraffic.MADE_MEANWHILE);
    assertThat(bias(phrases)).containsExactly(BiasTraffic.UNMARKED);
    assertThat(bias(phrases.toBuilder().setDegradation(late).build()))
        .containsExactly("EMBEDDING/NOT_READY", BiasTraffic.IN_PART);
    assertThat(bias(nothing.toBuilder().setDegradation(late).build()))
        .containsExactly("EMBEDDING/NOT_READY", BiasTraffic.CONTEXT_FREE);
    assertThat(bias(phrases.toBuilder().setDegradation(wrong).build()))
        .contains(BiasTraffic.UNMARKED);
  }

  private List<String> read(RescoreResponse response) {
    return rescoring.reader().read(response.toByteArray()).missing();
  }

  private static List<String> bias(Bias bias) {
    return BiasTraffic.BIAS.read(bias.toByteArray()).missing();
  }

  private static Degradation.Builder missing(Context context, Reason reason) {
    return Degradation.newBuilder()
        .addMissing(Degradation.Missing.newBuilder().setContext(context).setReason(reason));
  }

  private static RescoredHypothesis rescored(String text, double score, int source) {
    return RescoredHypothesis.newBuilder()
        .setText(text)
        .setScore(score)
        .setSourceIndex(source)
        .build();
  }
}
