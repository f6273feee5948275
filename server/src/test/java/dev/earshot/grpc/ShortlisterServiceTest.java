package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.EnableSkillsRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistedSkill;
import dev.earshot.v1.ShortlisterGrpc;
import dev.earshot.v1.Signals;
import io.grpc.CallOptions;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ShortlisterServiceTest {
  @RegisterExtension static final ServedApi api = new ServedApi();

  @Test
  void answersAnUtteranceWithoutAUserAndSaysSo() {
    ShortlistResponse response = call(shortlist("set an alarm for seven in the morning").build());

    assertThat(response.getSkillsCount()).isEqualTo(5);
    assertThat(response.getSkillsList())
        .extracting(ShortlistedSkill::getProbability)
        .isSortedAccordingTo(java.util.Comparator.reverseOrder());
    assertThat(response.getDegradation().getMissingList())
        .containsExactly(
            missing(Degradation.Context.CONTEXT_PROFILE, Degradation.Reason.REASON_NOT_REQUESTED));
    assertThat(response.getBundleVersion()).isNotEmpty();
    assertThat(response.getTimings().getTotalUs()).isPositive();
  }

  @Test
  void answersPersonallyOnceTheUserHasAProfile() {
    ShortlistRequest request =
        shortlist("will it rain tomorrow").setUserId("rain-user").setMaxSkills(20).build();
    ShortlistResponse before = call(request);
    assertThat(before.getDegradation().getMissingList())
        .containsExactly(
            missing(Degradation.Context.CONTEXT_PROFILE, Degradation.Reason.REASON_NOT_FOUND));
    ShortlistedSkill tenth = before.getSkills(9);

    ProfilesGrpc.newBlockingStub(api.channel())
        .enableSkills(
            EnableSkillsRequest.newBuilder()
                .setUserId("rain-user")
                .addSkillIds(tenth.getSkillId())
                .setAllowMissing(true)
                .build());
    ShortlistResponse after = call(request);

    assertThat(after.hasDegradation()).isFalse();
    ShortlistedSkill same =
        after.getSkillsList().stream()
            .filter(skill -> skill.getSkillId().equals(tenth.getSkillId()))
            .findFirst()
            .orElseThrow();
    assertThat(same.getEnabled()).isTrue();
    assertThat(same.getProbability()).isGreaterThan(tenth.getProbability());
  }

  @Test
  void marksADialogueThatItCannotUseYet() {
    ShortlistResponse response = call(shortlist("yes please").setInteractionId("i1").build());

    assertThat(response.getDegradation().getMissingList())
        .contains(
            missing(Degradation.Context.CONTEXT_DIALOGUE, Degradation.Reason.REASON_NOT_FOUND));
  }

  @Test
  void givesAllProbabilitiesTogetherOne() {
    ShortlistResponse response = call(shortlist("play some jazz").setMaxSkills(100).build());
    double sum =
        response.getSkillsList().stream().mapToDouble(ShortlistedSkill::getProbability).sum();

    assertThat(sum + response.getOutOfScopeProbability()).isBetween(0.5, 1.0001);
    assertThat(response.getSkillsCount()).isEqualTo(100);
  }

  @Test
  void weighsHypothesesByTheirScores() {
    String likely = "will it rain tomorrow";
    String unlikely = "play some jazz";
    ShortlistResponse alone = call(shortlist(likely).build());
    ShortlistResponse list =
        call(
            ShortlistRequest.newBuilder()
                .addHypotheses(Hypothesis.newBuilder().setText(unlikely).setScore(-90))
                .addHypotheses(Hypothesis.newBuilder().setText(likely).setScore(-10))
                .build());

    assertThat(list.getSkills(0).getSkillId()).isEqualTo(alone.getSkills(0).getSkillId());
    assertThat(list.getSkills(0).getProbability())
        .isCloseTo(alone.getSkills(0).getProbability(), within(1e-3));

    ShortlistResponse scaledDown =
        call(
            ShortlistRequest.newBuilder()
                .addHypotheses(Hypothesis.newBuilder().setText(unlikely).setScore(-90))
                .addHypotheses(Hypothesis.newBuilder().setText(likely).setScore(-10))
                .setScoreScale(1e-9)
                .build());
    assertThat(scaledDown.getSkills(0).getProbability())
        .isNotCloseTo(alone.getSkills(0).getProbability(), within(1e-3));
  }

  static Stream<Arguments> badRequests() {
    ShortlistRequest.Builder good = ShortlistRequest.newBuilder().setUtterance("hello");
    String tooLong = "é".repeat(1_001);
    return Stream.of(
        Arguments.of(ShortlistRequest.newBuilder().build(), "utterance: empty"),
        Arguments.of(good.clone().setUtterance(" \t ").build(), "utterance: blank"),
        Arguments.of(good.clone().setUtterance(tooLong).build(), "utterance: 1001 code points"),
        Arguments.of(good.clone().setUtterance("a\0b").build(), "utterance: holds U+0000"),
        Arguments.of(good.clone().setMaxSkills(-1).build(), "max_skills: -1"),
        Arguments.of(good.clone().setMaxSkills(101).build(), "max_skills: 101"),
        Arguments.of(good.clone().setMinCatalogVersion(-1).build(), "min_catalog_version: -1"),
        Arguments.of(good.clone().setScoreScale(Double.NaN).build(), "score_scale: NaN"),
        Arguments.of(good.clone().setUserId("u".repeat(129)).build(), "user_id: 129 code points"),
        Arguments.of(good.clone().setUserId("a\nb").build(), "user_id: holds a control character"),
        Arguments.of(
            good.clone().addHypotheses(Hypothesis.newBuilder().setText("hi")).build(),
            "utterance: given beside hypotheses"),
        Arguments.of(
            ShortlistRequest.newBuilder()
                .addHypotheses(Hypothesis.newBuilder().setText("hi").setScore(Double.NaN))
                .build(),
            "hypotheses[0].score: NaN"),
        Arguments.of(
            ShortlistRequest.newBuilder()
                .addHypotheses(Hypothesis.newBuilder().setText("hi").setScore(1))
                .addHypotheses(Hypothesis.newBuilder().setText("ho"))
                .build(),
            "hypotheses.score: 1 of 2"),
        Arguments.of(
            ShortlistRequest.newBuilder()
                .addHypotheses(Hypothesis.newBuilder().setText("hi").setConfidence(1.5))
                .build(),
            "hypotheses[0].confidence: 1.5"),
        Arguments.of(
            ShortlistRequest.newBuilder()
                .addAllHypotheses(
                    java.util.Collections.nCopies(
                        21, Hypothesis.newBuilder().setText("hi").build()))
                .build(),
            "hypotheses: 21"),
        Arguments.of(
            good.clone().setSignals(Signals.newBuilder().setLocale("x".repeat(36))).build(),
            "signals.locale: 36"));
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void refusesABadRequestNamingTheFieldAndWhatWasExpected(
      ShortlistRequest request, String complaint) {
    Status status = ServedApi.status(catchThrowable(() -> call(request)));

    assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("INVALID_FIELD");
    assertThat(ServedApi.violations(status))
        .anySatisfy(
            violation -> assertThat(violation).startsWith(complaint).contains("(expected: "));
  }

  @Test
  void namesAllThatIsWrongWithARequestAtOnce() {
    ShortlistRequest request =
        ShortlistRequest.newBuilder().setMaxSkills(-5).setScoreScale(-1).build();
    Status status = ServedApi.status(catchThrowable(() -> call(request)));

    assertThat(ServedApi.violations(status)).hasSize(3);
  }

  @Test
  void refusesACatalogueVersionThatIsNotServed() {
    ShortlistRequest request = shortlist("hello").setMinCatalogVersion(99).build();
    Status status = ServedApi.status(catchThrowable(() -> call(request)));

    assertThat(status.getCode()).isEqualTo(Code.UNAVAILABLE_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("CATALOG_BEHIND");
  }

  @Test
  void refusesBytesThatAreNoMessage() {
    Status status = ServedApi.status(catchThrowable(() -> callWithBytes(new byte[] {0x0a, 0x7f})));

    assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("UNDECODABLE");
  }

  @Test
  void refusesTooLargeAMessageAsTheTransportDoes() {
    byte[] large = new byte[(1 << 20) + 1];
    Throwable failure = catchThrowable(() -> callWithBytes(large));

    assertThat(io.grpc.Status.fromThrowable(failure).getCode())
        .isEqualTo(io.grpc.Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void keepsServingAfterBadRequests() {
    assertThat(catchThrowable(() -> callWithBytes(new byte[] {1, 2, 3}))).isNotNull();
    assertThat(catchThrowable(() -> call(ShortlistRequest.getDefaultInstance()))).isNotNull();

    assertThat(call(shortlist("hello").build()).getSkillsCount()).isEqualTo(5);
  }

  private static Degradation.Missing missing(
      Degradation.Context context, Degradation.Reason reason) {
    return Degradation.Missing.newBuilder().setContext(context).setReason(reason).build();
  }

  private static ShortlistResponse call(ShortlistRequest request) {
    return ShortlisterGrpc.newBlockingStub(api.channel())
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .shortlist(request);
  }

  /** Calls with raw bytes, as a client with another schema would. */
  private static void callWithBytes(byte[] bytes) {
    ClientCalls.blockingUnaryCall(
        api.channel(),
        RawBytes.requestsOf(ShortlisterGrpc.getShortlistMethod()),
        CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
        bytes);
  }

  private static ShortlistRequest.Builder shortlist(String utterance) {
    return ShortlistRequest.newBuilder().setUtterance(utterance);
  }
}
