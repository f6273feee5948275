package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.Event;
import dev.earshot.v1.GetInteractionRequest;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.RecordedEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class InteractionsServiceTest {
  private static final ContextItem JAZZ = item("UTTERANCE", "play jazz").build();

  private final ServedInteractions api = new ServedInteractions(Duration.ofMillis(50));
  private final InteractionsGrpc.InteractionsBlockingStub interactions =
      InteractionsGrpc.newBlockingStub(api.channel());

  InteractionsServiceTest() throws IOException {}

  @AfterEach
  void close() throws InterruptedException {
    api.close();
  }

  @Test
  void returnsTheInteractionAsJustWritten() {
    Interaction first = record(recording("i").addEvents(event("e1", "RECOGNIZE").addItems(JAZZ)));
    api.now = api.now.plusSeconds(2);
    Interaction second =
        record(
            recording("i")
                .addEvents(event("e2", "SPEAK").setExpectedDuration(Durations.fromMillis(1_500)))
                .addEvents(event("e3", "EXPECT_SPEECH")));

    assertThat(first.getVersion()).isEqualTo(1);
    assertThat(first.getExpectsSpeech()).isFalse();
    assertThat(first.getEvents(0).getItems(0).getKind()).isEqualTo("UTTERANCE");
    assertThat(first.getEvents(0).getItems(0).hasItem()).isFalse();
    assertThat(second.getVersion()).isEqualTo(2);
    assertThat(second.getExpectsSpeech()).isTrue();
    assertThat(second.getUserId()).isEqualTo("ada");
    assertThat(eventIds(second)).containsExactly("e1", "e2", "e3");
    assertThat(second.getEvents(1).getExpectedDuration()).isEqualTo(Durations.fromMillis(1_500));
    assertThat(Timestamps.between(first.getExpireTime(), second.getExpireTime()))
        .isEqualTo(Durations.fromSeconds(2));
    assertThat(get("i", false)).isEqualTo(second);
  }

  @Test
  void decryptsTextsOnlyWhereTheyAreAskedFor() {
    ContextItem contact =
        item("CONTACT", "Meg Bauer")
            .setLabel("callee")
            .setEntityId("c1")
            .addPronunciations("M EH1 G B AW1 ER0")
            .setLocale("en-US")
            .build();
    record(recording("i").addEvents(event("e1", "SPEAK").addItems(contact)));

    assertThat(get("i", false).getEvents(0).getItems(0).hasItem()).isFalse();
    assertThat(get("i", true).getEvents(0).getItems(0).getItem()).isEqualTo(contact);
    assertThat(get("i", true).getEvents(0).getItems(0).getUnreadable()).isFalse();
  }

  @Test
  void aRepeatedWriteChangesNothingAndReturnsTheSame() {
    RecordEventsRequest.Builder write =
        recording("i").addEvents(event("e1", "RECOGNIZE").addItems(JAZZ));
    Interaction first = record(write);
    api.now = api.now.plusSeconds(9);

    assertThat(record(write)).isEqualTo(first);
  }

  @Test
  void aKnownEventWithOtherContentIsRefusedAndTheRestWithIt() {
    record(recording("i").addEvents(event("e1", "RECOGNIZE").addItems(JAZZ)));
    Status status =
        refusal(() ->
            record(
                recording("i")
                    .addEvents(event("e2", "ROUTE"))
                    .addEvents(event("e1", "RECOGNIZE").addItems(item("UTTERANCE", "rock")))));

    assertThat(status.getCode()).isEqualTo(Code.ALREADY_EXISTS_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("EVENT_DIFFERS");
    assertThat(eventIds(get("i", false))).containsExactly("e1");
  }

  @Test
  void storesTypesAndKindsThatItDoesNotKnow() {
    Interaction written =
        record(recording("i").addEvents(event("e1", "GESTURE").addItems(item("SMELL", "rose"))));

    assertThat(written.getEvents(0).getType()).isEqualTo("GESTURE");
    assertThat(get("i", true).getEvents(0).getItems(0).getItem().getKind()).isEqualTo("SMELL");
  }

  @Test
  void keepsTheOrderOfArrivalOfEventsOutOfTimeOrder() {
    Interaction written =
        record(
            recording("i")
                .addEvents(event("late", "SPEAK").setTime(Timestamps.fromSeconds(2_000_000_000)))
                .addEvents(event("early", "RECOGNIZE").setTime(Timestamps.fromSeconds(1))));

    assertThat(eventIds(written)).containsExactly("late", "early");
    assertThat(written.getEvents(1).getTime()).isEqualTo(Timestamps.fromSeconds(1));
  }

  @Test
  void anotherUsersInteractionIsDenied() {
    record(recording("i").addEvents(event("e1", "RECOGNIZE")));
    List<ThrowingCallable> calls =
        List.of(
            () -> record(recording("i").setUserId("bob").addEvents(event("e2", "ROUTE"))),
            () -> record(recording("i").setUserId("").addEvents(event("e2", "ROUTE"))),
            () ->
                interactions.getInteraction(
                    GetInteractionRequest.newBuilder()
                        .setInteractionId("i")
                        .setUserId("bob")
                        .build()),
            () ->
                interactions.deleteInteraction(
                    DeleteInteractionRequest.newBuilder()
                        .setInteractionId("i")
                        .setUserId("bob")
                        .build()));

    for (ThrowingCallable call : calls) {
      Status status = refusal(call);
      assertThat(status.getCode()).isEqualTo(Code.PERMISSION_DENIED_VALUE);
      assertThat(ServedApi.reason(status)).isEqualTo("OTHER_USER");
    }
    assertThat(get("i", false).getVersion()).isEqualTo(1);
  }

  @Test
  void anInteractionStaysInItsDialogue() {
    record(recording("i").setDialogueId("d").addEvents(event("e1", "RECOGNIZE")));

    assertThat(record(recording("i").addEvents(event("e2", "ROUTE"))).getDialogueId())
        .isEqualTo("d");
    assertThat(
            ServedApi.violations(
                refusal(() ->
                    record(recording("i").setDialogueId("f").addEvents(event("e3", "ROUTE"))))))
        .containsExactly(
            "dialogue_id: not the interaction's (expected: that of its first write, or empty)");
  }

  @Test
  void whatHasExpiredIsNotFoundAndNotRevived() {
    record(recording("i").addEvents(event("e1", "RECOGNIZE").addItems(JAZZ)));
    api.now = api.now.plus(ServedInteractions.RETENTION.ttl());
    Status write = refusal(() -> record(recording("i").addEvents(event("e2", "ROUTE"))));

    assertThat(write.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(ServedApi.reason(write)).isEqualTo("INTERACTION_EXPIRED");
    assertThat(refusal(() -> get("i", true)).getCode()).isEqualTo(Code.NOT_FOUND_VALUE);
    assertThat(delete("i")).isFalse();
  }

  @Test
  void anInteractionThatIsFullSaysSo() {
    for (int batch = 0; batch < 4; batch++) {
      RecordEventsRequest.Builder write = recording("i");
      for (int i = 0; i < InteractionsService.MAX_EVENTS; i++) {
        write.addEvents(event("e" + batch + "." + i, "SPEAK"));
      }
      record(write);
    }
    Status status = refusal(() -> record(recording("i").addEvents(event("more", "SPEAK"))));

    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("INTERACTION_FULL");
    assertThat(status.getMessage()).contains("257 (expected: <= 256)");
  }

  @Test
  void lateWritesForADeletedUserAreRefused() {
    record(recording("i").addEvents(event("e1", "RECOGNIZE").addItems(JAZZ)));
    assertThat(api.store.deleteUser("ada").toCompletableFuture().join().interactions())
        .isEqualTo(1);
    Status status = refusal(() -> record(recording("i").addEvents(event("e2", "ROUTE"))));

    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("USER_DELETED");
    assertThat(refusal(() -> get("i", true)).getCode()).isEqualTo(Code.NOT_FOUND_VALUE);
  }

  @Test
  void deletesAnInteraction() {
    record(recording("i").addEvents(event("e1", "RECOGNIZE").addItems(JAZZ)));

    assertThat(delete("i")).isTrue();
    assertThat(delete("i")).isFalse();
    assertThat(refusal(() -> get("i", false)).getCode()).isEqualTo(Code.NOT_FOUND_VALUE);
  }

  @Test
  void namesEveryFieldOfABadRequest() {
    String tooLong = "x".repeat(129);
    Event.Builder bad =
        event("", "no spaces")
            .setSkillId(tooLong)
            .setTime(com.google.protobuf.Timestamp.newBuilder().setNanos(-1))
            .setExpectedDuration(Durations.fromSeconds(601))
            .addItems(
                item("", " ")
                    .setLabel("x".repeat(65))
                    .setEntityId(tooLong)
                    .addPronunciations("")
                    .setLocale("x".repeat(36)))
            .addItems(item("REPLY", "x".repeat(2_001)).addAllPronunciations(nine()));
    Status status =
        refusal(() ->
            record(
                RecordEventsRequest.newBuilder()
                    .setDialogueId("line\nbreak")
                    .setUserId(tooLong)
                    .addEvents(bad)));

    assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(ServedApi.violations(status).stream().map(v -> v.replaceFirst(":.*", "")))
        .containsExactlyInAnyOrder(
            "interaction_id",
            "dialogue_id",
            "user_id",
            "events[0].event_id",
            "events[0].type",
            "events[0].skill_id",
            "events[0].time",
            "events[0].expected_duration",
            "events[0].items[0].kind",
            "events[0].items[0].text",
            "events[0].items[0].label",
            "events[0].items[0].entity_id",
            "events[0].items[0].pronunciations[0]",
            "events[0].items[0].locale",
            "events[0].items[1].text",
            "events[0].items[1].pronunciations");
    assertThat(status.getMessage()).contains("2001 code points (expected: <= 2000)");
  }

  @Test
  void timesCallsByMethodAndCode() {
    record(recording("i").addEvents(event("e1", "SPEAK")));
    refusal(() -> get("gone", false));
    refusal(() -> get("gone", true));

    assertThat(calls("RecordEvents", "OK")).isEqualTo(1);
    assertThat(calls("GetInteraction", "NOT_FOUND")).isEqualTo(2);
  }

  private long calls(String method, String code) {
    return api.registry
        .get("earshot.calls")
        .tags("method", "earshot.v1.Interactions/" + method, "code", code)
        .timer()
        .count();
  }

  @Test
  void countsEventsAndItems() {
    assertThat(ServedApi.violations(refusal(() -> record(recording("i")))))
        .containsExactly("events: 0 (expected: 1 to 64)");
    RecordEventsRequest.Builder many = recording("i");
    IntStream.range(0, 65).forEach(i -> many.addEvents(event("e" + i, "SPEAK")));
    assertThat(ServedApi.violations(refusal(() -> record(many))))
        .containsExactly("events: 65 (expected: 1 to 64)");
    Event.Builder full = event("e", "SPEAK");
    IntStream.range(0, 101).forEach(i -> full.addItems(JAZZ));
    assertThat(ServedApi.violations(refusal(() -> record(recording("i").addEvents(full)))))
        .containsExactly("events[0].items: 101 (expected: 0 to 100)");
  }

  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE,UNAVAILABLE,STORE_UNAVAILABLE",
    "TIMEOUT,UNAVAILABLE,STORE_UNAVAILABLE",
    "THROTTLED,UNAVAILABLE,STORE_UNAVAILABLE",
    "KEY_MISSING,UNAVAILABLE,STORE_UNAVAILABLE",
    "NO_ROOM,RESOURCE_EXHAUSTED,STORE_FULL",
    "UNREADABLE,DATA_LOSS,UNREADABLE",
    "TOO_LARGE,FAILED_PRECONDITION,INTERACTION_FULL"
  })
  void tellsWhatBecameOfTheStore(Kind kind, Code code, String reason) {
    api.instead = CompletableFuture.failedStage(new StoreException(kind, "as told"));
    Status status = refusal(() -> record(recording("i").addEvents(event("e1", "SPEAK"))));

    assertThat(status.getCode()).isEqualTo(code.getNumber());
    assertThat(ServedApi.reason(status)).isEqualTo(reason);
    api.instead = null;
    assertThat(record(recording("i").addEvents(event("e1", "SPEAK"))).getVersion()).isEqualTo(1);
  }

  @Test
  void givesUpAHungStoreAtTheCallersDeadline() throws InterruptedException {
    // Connects, so that the deadline does not pass before the store is asked.
    record(recording("i").addEvents(event("e0", "RECOGNIZE")));
    CompletableFuture<?> hung = new CompletableFuture<>();
    CountDownLatch givenUp = hang(hung);
    Status status =
        refusal(() ->
            interactions
                .withDeadlineAfter(1, TimeUnit.SECONDS)
                .recordEvents(recording("i").addEvents(event("e1", "SPEAK")).build()));

    assertThat(status.getCode()).isEqualTo(Code.DEADLINE_EXCEEDED_VALUE);
    assertThat(givenUp.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(hung).isCancelled();
  }

  @Test
  void givesUpAHungStoreWhereTheCallerStatesNoDeadline() throws InterruptedException {
    CompletableFuture<?> hung = new CompletableFuture<>();
    CountDownLatch givenUp = hang(hung);
    Status status = refusal(() -> record(recording("i").addEvents(event("e1", "SPEAK"))));

    assertThat(status.getCode()).isEqualTo(Code.DEADLINE_EXCEEDED_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("DEADLINE");
    assertThat(givenUp.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(hung).isCancelled();
  }

  private CountDownLatch hang(CompletableFuture<?> hung) {
    CountDownLatch givenUp = new CountDownLatch(1);
    hung.whenComplete((result, failure) -> givenUp.countDown());
    api.instead = hung;
    return givenUp;
  }

  @Test
  void manyWritersOfOneInteractionLoseNothingAndEachSeesItsOwn() throws Exception {
    int writers = 64;
    int writes = 4;
    List<List<Interaction>> seen =
        atOnce(
            writers,
            writer -> {
              List<Interaction> answers = new ArrayList<>();
              for (int i = 0; i < writes; i++) {
                String id = writer + "." + i;
                answers.add(
                    record(
                        recording("i").addEvents(event(id, "SPEAK").addItems(item("REPLY", id)))));
              }
              return answers;
            });

    Interaction last = get("i", true);
    assertThat(last.getVersion()).isEqualTo(Math.multiplyExact(writers, writes));
    assertThat(eventIds(last)).hasSize(writers * writes).doesNotHaveDuplicates();
    assertThat(last.getEventsList())
        .allSatisfy(event ->
            assertThat(event.getItems(0).getItem().getText()).isEqualTo(event.getEventId()));
    for (int writer = 0; writer < writers; writer++) {
      for (int i = 0; i < writes; i++) {
        List<String> asWritten = eventIds(seen.get(writer).get(i));
        assertThat(asWritten).contains(writer + "." + i);
        // One order for everybody: what a writer saw is how the entry begins.
        assertThat(eventIds(last)).startsWith(asWritten.toArray(String[]::new));
      }
    }
  }

  private interface Writer {
    List<Interaction> write(int number);
  }

  private static List<List<Interaction>> atOnce(int writers, Writer work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try {
      List<Callable<List<Interaction>>> all = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        int number = i;
        all.add(() -> work.write(number));
      }
      List<List<Interaction>> results = new ArrayList<>();
      for (Future<List<Interaction>> result : threads.invokeAll(all)) {
        results.add(result.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  private Interaction record(RecordEventsRequest.Builder request) {
    return interactions.recordEvents(request.build());
  }

  private Interaction get(String interactionId, boolean includeItems) {
    return interactions.getInteraction(
        GetInteractionRequest.newBuilder()
            .setInteractionId(interactionId)
            .setUserId("ada")
            .setIncludeItems(includeItems)
            .build());
  }

  private boolean delete(String interactionId) {
    return interactions
        .deleteInteraction(
            DeleteInteractionRequest.newBuilder()
                .setInteractionId(interactionId)
                .setUserId("ada")
                .build())
        .getDeleted();
  }

  private static RecordEventsRequest.Builder recording(String interactionId) {
    return RecordEventsRequest.newBuilder().setInteractionId(interactionId).setUserId("ada");
  }

  private static Event.Builder event(String eventId, String type) {
    return Event.newBuilder().setEventId(eventId).setType(type);
  }

  private static ContextItem.Builder item(String kind, String text) {
    return ContextItem.newBuilder().setKind(kind).setText(text);
  }

  private static List<String> nine() {
    return IntStream.range(0, 9).mapToObj(i -> "B AW1").toList();
  }

  private static List<String> eventIds(Interaction interaction) {
    return interaction.getEventsList().stream().map(RecordedEvent::getEventId).toList();
  }

  private static Status refusal(ThrowingCallable call) {
    return ServedApi.status(catchThrowable(call));
  }
}
