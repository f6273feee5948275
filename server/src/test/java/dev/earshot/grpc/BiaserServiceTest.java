package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.util.Durations;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.earshot.bias.BiasQuery;
import dev.earshot.bias.BiasTurn;
import dev.earshot.bias.WindowListener.Outcome;
import dev.earshot.deadline.Budget;
import dev.earshot.profile.Profiles;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.UserList;
import dev.earshot.store.StoreException;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.Event;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.RescoredHypothesis;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class BiaserServiceTest {
  private static final String USER = "user";
  private static final String TURN = "turn";

  private final ServedBiaser.Data data = new ServedBiaser.Data();
  private ServedBiaser served;

  @BeforeEach
  void start() throws Exception {
    served = new ServedBiaser(data);
  }

  @AfterEach
  void stop() throws Exception {
    served.close();
    data.close();
  }

  private static ContextItem item(String kind, String text) {
    return ContextItem.newBuilder().setKind(kind).setText(text).build();
  }

  private static Event event(String type, ContextItem... items) {
    return Event.newBuilder()
        .setEventId(type)
        .setType(type)
        .addAllItems(Arrays.asList(items))
        .build();
  }

  private Interaction record(String interactionId, Event... events) {
    return InteractionsGrpc.newBlockingStub(served.channel())
        .recordEvents(
            RecordEventsRequest.newBuilder()
                .setInteractionId(interactionId)
                .setDialogueId("dialogue")
                .setUserId(USER)
                .addAllEvents(Arrays.asList(events))
                .build());
  }

  /** Begins anew, with a budget that ends soon. */
  private void hurry() throws Exception {
    served.close();
    served = new ServedBiaser(data, Duration.ofMillis(500));
  }

  /** The turn of the two Megs. */
  private Interaction ask() {
    return record(
        TURN,
        event("RECOGNIZE", item("UTTERANCE", "call Meg")),
        event(
            "SPEAK",
            item("REPLY", "Do you mean Meg Jones or Meg Bauer?"),
            item("CONTACT", "Meg Jones"),
            item("CONTACT", "Meg Bauer")),
        event("EXPECT_SPEECH"));
  }

  private static GetBiasRequest.Builder ofTheTurn() {
    return GetBiasRequest.newBuilder()
        .setInteractionId(TURN)
        .setDialogueId("dialogue")
        .setUserId(USER);
  }

  private BiaserGrpc.BiaserBlockingStub biaser() {
    return BiaserGrpc.newBlockingStub(served.channel());
  }

  private static List<String> texts(Bias bias) {
    return bias.getPhrasesList().stream().map(BiasPhrase::getText).toList();
  }

  private static BiasPhrase phrase(Bias bias, String text) {
    return bias.getPhrasesList().stream()
        .filter(phrase -> phrase.getText().equals(text))
        .findFirst()
        .orElseThrow(() -> new AssertionError(text + " is missing"));
  }

  private static List<String> missing(Degradation degradation) {
    return degradation.getMissingList().stream()
        .map(missing ->
            missing.getContext().name().substring(8)
                + " "
                + missing.getReason().name().substring(7))
        .toList();
  }

  private static Hypothesis heard(String text, double score) {
    return Hypothesis.newBuilder().setText(text).setScore(score).build();
  }

  private static RescoreRequest.Builder power() {
    return RescoreRequest.newBuilder()
        .addHypotheses(heard("power", -1))
        .addHypotheses(heard("bauer", -3))
        .setMode(RescoreMode.RESCORE_MODE_REORDER);
  }

  private static List<String> heardTexts(RescoreResponse response) {
    return response.getHypothesesList().stream().map(RescoredHypothesis::getText).toList();
  }

  private void enlist(String type, String... names) throws Exception {
    served
        .profiles
        .update(
            USER,
            new Profiles.Update(
                null,
                List.of(
                    new UserList(
                        type,
                        Arrays.stream(names).map(name -> new Entry(name, List.of())).toList())),
                null),
            new Profiles.Condition("", true))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void hasTheBiasReadyWhenTheReplyEnds() throws Exception {
    enlist("contacts", "Meg Bauer", "Tom Ford");
    Interaction written = ask();
    assertThat(served.awaitWindow()).isEqualTo(Outcome.IN_TIME);
    Bias bias = biaser().getBias(ofTheTurn().build());
    assertThat(texts(bias)).contains("meg jones", "meg bauer", "bauer", "tom ford");
    assertThat(bias.getDegradation()).isEqualTo(Degradation.getDefaultInstance());
    assertThat(bias.getEmbedding().getModelId()).isEqualTo("lengths");
    assertThat(bias.getEmbedding().getShapeList()).hasSize(2).last().isEqualTo(2);
    assertThat(bias.getEmbedding().getValuesCount()).isEqualTo(2 * bias.getEmbedding().getShape(0));
    assertThat(bias.getContextText()).isEqualTo("call Meg\nDo you mean Meg Jones or Meg Bauer?");
    assertThat(bias.getExpireTime()).isEqualTo(written.getExpireTime());
    assertThat(bias.getVersion()).isPositive();
    assertThat(phrase(bias, "bauer").getDisplay()).isEqualTo("Bauer");
    assertThat(phrase(bias, "bauer").getPronunciationsList()).isNotEmpty();
    assertThat(phrase(bias, "tom ford").getSource()).isEqualTo(BiasPhrase.Source.SOURCE_PROFILE);
    assertThat(served.parts.encoded).hasValue(1);
  }

  @Test
  void leavesTheEmbeddingOutWithoutSayingThatItIsMissing() throws Exception {
    ask();
    served.awaitWindow();
    Bias bias = biaser().getBias(ofTheTurn().setOmitEmbedding(true).build());
    assertThat(bias.hasEmbedding()).isFalse();
    assertThat(missing(bias.getDegradation())).containsExactly("PROFILE NOT_FOUND");
  }

  @Test
  void costsOtherInteractionsTheirWritesAlone() {
    record(TURN, event("RECOGNIZE", item("UTTERANCE", "call Meg")), event("ROUTE"));
    assertThat(served.calls).containsExactly("append");
    assertThat(served.windows).isEmpty();
  }

  @Test
  void readsWhatAScreenShowsAndAPlaceThatWasNamedTwoRequestsAgo() {
    record("one", event("SPEAK", item("REPLY", "It is sunny."), item("PLACE", "Poughkeepsie")));
    record("two", event("RECOGNIZE", item("UTTERANCE", "and tomorrow")));
    record(TURN, event("DISPLAY", item("LIST_ENTRY", "Ramen Shop")));
    Bias bias = biaser().getBias(ofTheTurn().build());
    assertThat(texts(bias)).contains("ramen shop", "poughkeepsie");
    assertThat(phrase(bias, "ramen shop").getSource()).isEqualTo(BiasPhrase.Source.SOURCE_REPLY);
    assertThat(phrase(bias, "poughkeepsie").getSource())
        .isEqualTo(BiasPhrase.Source.SOURCE_DIALOGUE);
  }

  @Test
  void readsADialogueOfWhichNoInteractionIsNamed() {
    record("one", event("SPEAK", item("REPLY", "It is sunny."), item("PLACE", "Poughkeepsie")));
    Bias bias =
        biaser()
            .getBias(GetBiasRequest.newBuilder().setDialogueId("dialogue").setUserId(USER).build());
    assertThat(texts(bias)).contains("poughkeepsie");
    assertThat(bias.getVersion()).isZero();
    assertThat(missing(bias.getDegradation())).containsExactly("PROFILE NOT_FOUND");
  }

  @Test
  void putsExplicitPhrasesFirstAndCountsWhatTheLimitCutsOff() throws Exception {
    ask();
    served.awaitWindow();
    Bias all = biaser().getBias(ofTheTurn().build());
    Bias bias =
        biaser()
            .getBias(
                ofTheTurn()
                    .addPhrases(BiasPhrase.newBuilder().setText("Zanzibar"))
                    .addPhrases(BiasPhrase.newBuilder().setText("Meg Bauer").setBoost(0))
                    .setMaxPhrases(3)
                    .build());
    assertThat(texts(bias)).containsExactly("zanzibar", "meg bauer", "meg jones");
    assertThat(bias.getPhrases(1).getBoost()).isZero();
    assertThat(bias.getPhrases(0).getSource()).isEqualTo(BiasPhrase.Source.SOURCE_REQUEST);
    assertThat(bias.getPhrases(0).getPronunciationsList()).isNotEmpty();
    assertThat(bias.getDroppedPhrases()).isEqualTo(all.getPhrasesCount() + 1 - 3);
  }

  @Test
  void makesMorePhrasesThanUsualForWhoWantsMore() throws Exception {
    String[] names = new String[150];
    Arrays.setAll(names, i -> "Zork" + (char) ('a' + i / 26) + (char) ('a' + i % 26));
    enlist("contacts", names);
    ask();
    served.awaitWindow();
    Bias usual = biaser().getBias(ofTheTurn().build());
    assertThat(usual.getPhrasesCount()).isEqualTo(100);
    Bias all = biaser().getBias(ofTheTurn().setMaxPhrases(1_000).build());
    assertThat(all.getPhrasesCount()).isEqualTo(100 + usual.getDroppedPhrases());
    assertThat(all.getDroppedPhrases()).isZero();
    assertThat(all.hasEmbedding()).isTrue();
    assertThat(served.parts.encoded).hasValue(1);
  }

  @Test
  void readsTheListsAgainThatChangedSinceTheReply() throws Exception {
    enlist("contacts", "Tom Ford");
    ask();
    served.awaitWindow();
    enlist("contacts", "Xenia Quist");
    Bias bias = biaser().getBias(ofTheTurn().build());
    assertThat(texts(bias)).contains("xenia quist").doesNotContain("tom ford");
    assertThat(served.parts.encoded).hasValue(1);
  }

  @Test
  void answersWithPhrasesWhileTheVectorIsBeingComputedAndKeepsItForTheNextCall() throws Exception {
    hurry();
    served.parts.encoding = new CountDownLatch(1);
    ask();
    Bias bias = biaser().getBias(ofTheTurn().build());
    assertThat(texts(bias)).contains("bauer");
    assertThat(bias.hasEmbedding()).isFalse();
    assertThat(missing(bias.getDegradation())).contains("EMBEDDING NOT_READY");
    served.parts.encoding.countDown();
    served.awaitWindow();
    Bias whole = biaser().getBias(ofTheTurn().build());
    assertThat(whole.hasEmbedding()).isTrue();
    assertThat(whole.getVersion()).isGreaterThan(bias.getVersion());
    // A caller may have an answer before it is counted.
    served.close();
    assertThat(
            served
                .registry
                .counter("earshot.degraded", "context", "embedding", "reason", "not_ready")
                .count())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("hangingMethods")
  void answersInTimeWithoutContextWhileTheStoreHangs(String method) throws Exception {
    hurry();
    record(TURN, event("DISPLAY", item("LIST_ENTRY", "Ramen Shop")));
    served.fault(method, new CompletableFuture<>());
    Bias bias =
        biaser()
            .getBias(ofTheTurn().addPhrases(BiasPhrase.newBuilder().setText("Zanzibar")).build());
    assertThat(texts(bias)).containsExactly("zanzibar");
    assertThat(missing(bias.getDegradation()))
        .contains("DIALOGUE NOT_READY", "EMBEDDING NOT_READY", "PROFILE NOT_READY");
    served.heal();
    assertThat(texts(biaser().getBias(ofTheTurn().build()))).contains("ramen shop");
  }

  static Stream<String> hangingMethods() {
    return Stream.of("get", "ofDialogue", "items");
  }

  @Test
  void saysThatTheStoreFailed() throws Exception {
    enlist("contacts", "Tom Ford");
    record(TURN, event("DISPLAY", item("LIST_ENTRY", "Ramen Shop")));
    served.fault("get", CompletableFuture.failedStage(new StoreException("down")));
    Bias bias = biaser().getBias(ofTheTurn().build());
    assertThat(texts(bias)).contains("tom ford").doesNotContain("ramen shop");
    assertThat(missing(bias.getDegradation()))
        .containsExactly("DIALOGUE STORE_ERROR", "EMBEDDING STORE_ERROR");
  }

  @Test
  void givesWhatIsPreparedWhileTheStoreFails() throws Exception {
    ask();
    served.awaitWindow();
    served.fault("get", CompletableFuture.failedStage(new StoreException("down")));
    assertThat(biaser().getBias(ofTheTurn().build()).hasEmbedding()).isTrue();
  }

  @Test
  void givesWhatIsPreparedWhereNoTimeIsLeftToRead() throws Exception {
    ask();
    served.awaitWindow();
    assertThat(inNoTime(USER).embedding()).isPresent();
    assertThat(inNoTime("eve").embedding()).isEmpty();
    assertThat(inNoTime("eve").phrases()).isEmpty();
  }

  /** By a clock that stands still, a nanosecond before the deadline. */
  private dev.earshot.bias.Bias inNoTime(String user) throws Exception {
    BiasQuery query = new BiasQuery(TURN, "dialogue", user, List.of(), 100, "");
    Budget budget = Budget.startingNow(() -> 0, Duration.ofNanos(1));
    return served.biaser.bias(new BiasTurn(query), budget).get(10, TimeUnit.SECONDS);
  }

  @Test
  void answersWithoutProfileWhileProfilesHang() throws Exception {
    served.profileStore.reads(user -> new CompletableFuture<>());
    record(TURN, event("DISPLAY", item("LIST_ENTRY", "Ramen Shop")));
    Bias bias = biaser().getBias(ofTheTurn().build());
    assertThat(texts(bias)).contains("ramen shop");
    assertThat(missing(bias.getDegradation())).contains("PROFILE STORE_ERROR");
  }

  @Test
  void replacesWhatWasPreparedByWhatANewerEventTells() throws Exception {
    ask();
    served.awaitWindow();
    Bias before = biaser().getBias(ofTheTurn().build());
    record(TURN, event("DISPLAY", item("LIST_ENTRY", "Ramen Shop")));
    served.awaitWindow();
    Bias after = biaser().getBias(ofTheTurn().build());
    assertThat(texts(before)).doesNotContain("ramen shop");
    assertThat(texts(after)).contains("ramen shop", "bauer");
    assertThat(after.getVersion()).isGreaterThan(before.getVersion());
    assertThat(after.hasEmbedding()).isTrue();
  }

  @Test
  void preparesARepeatedWriteOnce() throws Exception {
    ask();
    served.awaitWindow();
    ask();
    assertThat(biaser().getBias(ofTheTurn().build()).hasEmbedding()).isTrue();
    assertThat(served.parts.encoded).hasValue(1);
  }

  @Test
  void findsInTheStoreWhatAnotherInstancePrepared() throws Exception {
    ask();
    served.awaitWindow();
    Bias bias = biaser().getBias(ofTheTurn().build());
    served.close();
    served = new ServedBiaser(data);
    Bias again = biaser().getBias(ofTheTurn().build());
    assertThat(again.toBuilder().clearTimings().build())
        .isEqualTo(bias.toBuilder().clearTimings().build());
    assertThat(served.parts.encoded).hasValue(0);
    assertThat(served.parts.pronounced).hasValue(0);
  }

  @Test
  void preparesAnewWhatAnotherInstancePreparedOfAnOlderVersion() throws Exception {
    ask();
    served.awaitWindow();
    served.fault("putDerived", new CompletableFuture<>());
    record(TURN, event("DISPLAY", item("LIST_ENTRY", "Ramen Shop")));
    assertThat(served.windows.poll(10, TimeUnit.SECONDS)).isEqualTo(Outcome.IN_TIME);
    served.close();
    served = new ServedBiaser(data);
    assertThat(texts(biaser().getBias(ofTheTurn().build()))).contains("ramen shop");
    assertThat(served.parts.encoded).hasValue(1);
  }

  @Test
  void holdsNoLongerThanTheEarliestThingThatItWasMadeFrom() throws Exception {
    record("one", event("SPEAK", item("REPLY", "It is sunny."), item("PLACE", "Poughkeepsie")));
    data.now.set(ServedBiaser.BEGIN.plus(Duration.ofMinutes(10)));
    ask();
    served.awaitWindow();
    Bias bias = biaser().getBias(ofTheTurn().build());
    assertThat(bias.getExpireTime().getSeconds())
        .isEqualTo(ServedBiaser.BEGIN.plus(Duration.ofMinutes(15)).getEpochSecond());
    data.now.set(ServedBiaser.BEGIN.plus(Duration.ofMinutes(15)));
    Bias later = biaser().getBias(ofTheTurn().build());
    assertThat(texts(later)).contains("bauer").doesNotContain("poughkeepsie");
    data.now.set(ServedBiaser.BEGIN.plus(Duration.ofMinutes(25)));
    Bias gone = biaser().getBias(ofTheTurn().build());
    assertThat(texts(gone)).isEmpty();
    assertThat(missing(gone.getDegradation())).contains("DIALOGUE EXPIRED", "EMBEDDING EXPIRED");
  }

  @Test
  void forgetsWhatIsDeleted() throws Exception {
    ask();
    served.awaitWindow();
    InteractionsGrpc.newBlockingStub(served.channel())
        .deleteInteraction(
            DeleteInteractionRequest.newBuilder().setInteractionId(TURN).setUserId(USER).build());
    served.fault("get", CompletableFuture.failedStage(new StoreException("down")));
    assertThat(texts(biaser().getBias(ofTheTurn().build()))).isEmpty();
    served.heal();
    Bias gone = biaser().getBias(ofTheTurn().build());
    assertThat(texts(gone)).isEmpty();
    assertThat(missing(gone.getDegradation()))
        .contains("DIALOGUE NOT_FOUND", "EMBEDDING NOT_FOUND");
  }

  @Test
  void tellsNobodyOfAnothersInteraction() throws Exception {
    ask();
    served.awaitWindow();
    Status bias =
        ServedApi.status(
            catchThrowable(() -> biaser().getBias(ofTheTurn().setUserId("other").build())));
    assertThat(bias.getCode()).isEqualTo(Code.PERMISSION_DENIED_VALUE);
    Status rescored =
        ServedApi.status(
            catchThrowable(() -> biaser().rescore(power().setInteractionId(TURN).build())));
    assertThat(rescored.getCode()).isEqualTo(Code.PERMISSION_DENIED_VALUE);
    assertThat(ServedApi.reason(rescored)).isEqualTo("OTHER_USER");
  }

  @Test
  void goesByTheSpellingOfALanguageWithoutALexicon() throws Exception {
    ask();
    served.awaitWindow();
    Bias bias = biaser().getBias(ofTheTurn().setLocale("fr-FR").build());
    assertThat(texts(bias)).contains("meg bauer");
    assertThat(phrase(bias, "meg bauer").getPronunciationsList()).isEmpty();
    assertThat(missing(bias.getDegradation())).contains("PRONUNCIATION UNSUPPORTED_LANGUAGE");
    RescoreResponse rescored =
        biaser().rescore(power().setInteractionId(TURN).setUserId(USER).setLocale("fr").build());
    assertThat(missing(rescored.getDegradation())).contains("PRONUNCIATION UNSUPPORTED_LANGUAGE");
  }

  @Test
  void asksForNothingThatIsNotNamed() throws Exception {
    Bias bias =
        biaser()
            .getBias(
                GetBiasRequest.newBuilder()
                    .addPhrases(BiasPhrase.newBuilder().setText("Meg Bauer"))
                    .build());
    assertThat(texts(bias)).containsExactly("meg bauer");
    assertThat(missing(bias.getDegradation()))
        .containsExactly(
            "PROFILE NOT_REQUESTED", "DIALOGUE NOT_REQUESTED", "EMBEDDING NOT_REQUESTED");
    assertThat(served.calls).isEmpty();
    // A caller may have an answer before it is counted.
    served.close();
    assertThat(served.registry.find("earshot.degraded").counters()).isEmpty();
  }

  @Test
  void reordersByTheTurnsPhrases() throws Exception {
    ask();
    served.awaitWindow();
    RescoreResponse response =
        biaser().rescore(power().setInteractionId(TURN).setUserId(USER).build());
    assertThat(heardTexts(response)).containsExactly("bauer", "power");
    assertThat(response.getChanged()).isTrue();
    assertThat(response.getHypotheses(0).getSourceIndex()).isEqualTo(1);
    assertThat(response.getBiasVersion()).isPositive();
    assertThat(missing(response.getDegradation())).containsExactly("PROFILE NOT_FOUND");
  }

  @Test
  void reordersByExplicitPhrasesWithoutAnInteraction() {
    RescoreResponse response =
        biaser().rescore(power().addPhrases(BiasPhrase.newBuilder().setText("Bauer")).build());
    assertThat(heardTexts(response)).containsExactly("bauer", "power");
    assertThat(response.getBiasVersion()).isZero();
  }

  @Test
  void keepsTheOrderGivenWhereNothingIsKnown() {
    RescoreResponse response =
        biaser().rescore(power().setInteractionId("unknown").setUserId(USER).build());
    assertThat(heardTexts(response)).containsExactly("power", "bauer");
    assertThat(response.getChanged()).isFalse();
    assertThat(missing(response.getDegradation()))
        .containsExactly("PROFILE NOT_FOUND", "DIALOGUE NOT_FOUND", "EMBEDDING NOT_FOUND");
    assertThat(response.getDegradation().getSkippedStagesList()).isEmpty();
  }

  @Test
  void keepsTheOrderGivenAndSaysSoWhereTimeRunsOut() throws Exception {
    hurry();
    ask();
    served.awaitWindow();
    served.parts.rescoring = new CountDownLatch(1);
    RescoreResponse response =
        biaser()
            .rescore(
                power()
                    .setInteractionId(TURN)
                    .setUserId(USER)
                    .setMode(RescoreMode.RESCORE_MODE_REPAIR)
                    .build());
    assertThat(heardTexts(response)).containsExactly("power", "bauer");
    assertThat(response.getHypotheses(0).getScore()).isEqualTo(-1);
    assertThat(response.getDegradation().getSkippedStagesList())
        .containsExactly(Degradation.Stage.STAGE_RESCORE, Degradation.Stage.STAGE_REPAIR);
    // A caller may have an answer before it is counted.
    served.close();
    assertThat(served.registry.counter("earshot.skipped", "stage", "rescore").count()).isEqualTo(1);
  }

  @Test
  void keepsTheOrderGivenWhereTheStoreHangs() throws Exception {
    hurry();
    served.fault("get", new CompletableFuture<>());
    RescoreResponse response =
        biaser().rescore(power().setInteractionId(TURN).setUserId(USER).build());
    assertThat(heardTexts(response)).containsExactly("power", "bauer");
    assertThat(missing(response.getDegradation())).contains("DIALOGUE NOT_READY");
    assertThat(response.getDegradation().getSkippedStagesList())
        .containsExactly(Degradation.Stage.STAGE_RESCORE);
  }

  @Test
  void takesScoresOfAnySizeAndSilence() {
    RescoreResponse response =
        biaser()
            .rescore(
                RescoreRequest.newBuilder()
                    .addHypotheses(heard("", 1e308))
                    .addHypotheses(heard("bauer", 3))
                    .setScoreScale(1_000)
                    .addPhrases(BiasPhrase.newBuilder().setText("zanzibar"))
                    .build());
    assertThat(heardTexts(response)).containsExactly("", "bauer");
  }

  @ParameterizedTest
  @MethodSource("badBiasRequests")
  void namesWhatIsWrongWithARequestForABias(String field, Consumer<GetBiasRequest.Builder> spoil) {
    GetBiasRequest.Builder request = GetBiasRequest.newBuilder();
    spoil.accept(request);
    Status status = ServedApi.status(catchThrowable(() -> biaser().getBias(request.build())));
    assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(ServedApi.violations(status)).anyMatch(problem -> problem.startsWith(field + ": "));
  }

  static Stream<Arguments> badBiasRequests() {
    return Stream.of(
        bias("interaction_id", r -> r.setInteractionId("x".repeat(129))),
        bias("dialogue_id", r -> r.setDialogueId("a\nb")),
        bias("user_id", r -> r.setUserId("x".repeat(129))),
        bias("max_phrases", r -> r.setMaxPhrases(-1)),
        bias("max_phrases", r -> r.setMaxPhrases(1_001)),
        bias("locale", r -> r.setLocale("x".repeat(36))),
        bias("phrases", r -> r.addAllPhrases(Collections.nCopies(1_001, explicit("a").build()))),
        bias("phrases[0].text", r -> r.addPhrases(explicit(""))),
        bias("phrases[0].text", r -> r.addPhrases(explicit(" "))),
        bias("phrases[0].text", r -> r.addPhrases(explicit("<speak>bauer</speak>"))),
        bias("phrases[1].text", r -> r.addPhrases(explicit("a")).addPhrases(explicit("a\u0007"))),
        bias("phrases[0].text", r -> r.addPhrases(explicit("x".repeat(10_000)))),
        bias("phrases[0].display", r -> r.addPhrases(explicit("a").setDisplay("x>y"))),
        bias("phrases[0].boost", r -> r.addPhrases(explicit("a").setBoost(-0.1))),
        bias("phrases[0].boost", r -> r.addPhrases(explicit("a").setBoost(20.1))),
        bias("phrases[0].boost", r -> r.addPhrases(explicit("a").setBoost(Double.NaN))),
        bias("phrases[0].kind", r -> r.addPhrases(explicit("a").setKind("a b"))),
        bias(
            "phrases[0].pronunciations",
            r -> r.addPhrases(explicit("a").addAllPronunciations(Collections.nCopies(9, "B")))),
        bias(
            "phrases[0].pronunciations[0]",
            r -> r.addPhrases(explicit("a").addPronunciations("bauer"))));
  }

  private static Arguments bias(String field, Consumer<GetBiasRequest.Builder> spoil) {
    return Arguments.of(field, spoil);
  }

  private static BiasPhrase.Builder explicit(String text) {
    return BiasPhrase.newBuilder().setText(text);
  }

  @ParameterizedTest
  @MethodSource("badRescoreRequests")
  void namesWhatIsWrongWithARequestToRescore(String field, Consumer<RescoreRequest.Builder> spoil) {
    RescoreRequest.Builder request = power();
    spoil.accept(request);
    Status status = ServedApi.status(catchThrowable(() -> biaser().rescore(request.build())));
    assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(ServedApi.violations(status)).anyMatch(problem -> problem.startsWith(field + ": "));
  }

  static Stream<Arguments> badRescoreRequests() {
    return Stream.of(
        rescore("hypotheses", RescoreRequest.Builder::clearHypotheses),
        rescore("hypotheses", r -> r.addAllHypotheses(Collections.nCopies(998, heard("a", 0)))),
        rescore("hypotheses[2].score", r -> r.addHypotheses(heard("a", Double.NaN))),
        rescore("hypotheses[2].score", r -> r.addHypotheses(heard("a", Double.POSITIVE_INFINITY))),
        rescore(
            "hypotheses.score",
            r -> r.addHypotheses(Hypothesis.newBuilder().setText("without a score"))),
        rescore("hypotheses[2].text", r -> r.addHypotheses(heard("x".repeat(1_001), 0))),
        rescore(
            "hypotheses[2].confidence",
            r -> r.addHypotheses(heard("a", 0).toBuilder().setConfidence(1.5))),
        rescore("score_scale", r -> r.setScoreScale(Double.NaN)),
        rescore("score_scale", r -> r.setScoreScale(-1)),
        rescore("mode", r -> r.setModeValue(99)),
        rescore("max_phrases", r -> r.setMaxPhrases(1_001)),
        rescore("phrases[0].text", r -> r.addPhrases(explicit("<b>"))));
  }

  private static Arguments rescore(String field, Consumer<RescoreRequest.Builder> spoil) {
    return Arguments.of(field, spoil);
  }

  @Test
  void isDueWhenTheReplyEnds() throws Exception {
    record(
        TURN,
        event("SPEAK", item("REPLY", "Meg Bauer?")).toBuilder()
            .setExpectedDuration(Durations.fromMillis(0))
            .build(),
        event("EXPECT_SPEECH"));
    assertThat(served.awaitWindow()).isEqualTo(Outcome.LATE);
    assertThat(biaser().getBias(ofTheTurn().build()).hasEmbedding()).isTrue();
  }
}
