package dev.earshot.context;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.store.Bytes;
import dev.earshot.store.ContextItem;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.Interaction;
import dev.earshot.store.ItemKey;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.RecordKey;
import dev.earshot.store.Retention;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.StoredItem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class InteractionsTest {
  private static final Retention RETENTION =
      new Retention(Duration.ofMinutes(15), Duration.ofHours(1));

  private Instant now = Instant.parse("2026-01-01T12:00:00Z");
  private long draws;
  private final List<Interaction> announced = new ArrayList<>();
  private final MemoryStore store = new MemoryStore(() -> now, RETENTION);
  private final Interactions interactions = interactions(announced::add);

  @Test
  void givesBackWhatWasRecorded() {
    Interaction written = record("i", "ada", event("e1", "RECOGNIZE", text("play jazz")));
    record("i", "ada", event("e2", "SPEAK", text("which jazz"), text("free or cool")));
    InteractionContent content = join(interactions.findContent("ada", "i")).orElseThrow();

    assertThat(written.version()).isEqualTo(1);
    assertThat(content.interaction().version()).isEqualTo(2);
    assertThat(texts(content)).containsExactly("play jazz", "which jazz", "free or cool");
    assertThat(content.unreadable()).isEmpty();
  }

  @Test
  void givesEachItemAnIdOfItsOwn() {
    record("i", "", event("e1", "SPEAK", text("a"), text("b")), event("e2", "SPEAK", text("c")));
    record("i", "", event("e3", "SPEAK", text("d")));

    assertThat(itemIds("i")).hasSize(4).doesNotHaveDuplicates();
    assertThat(itemIds("i")).noneMatch(id -> id.startsWith(DerivedItem.PREFIX));
  }

  @Test
  void aRepeatedEventIsTheSameWhateverTheTime() {
    Event untimed = event("e1", "RECOGNIZE", text("play jazz"));
    Interaction first = record("i", "ada", untimed);
    now = now.plusSeconds(5);

    assertThat(record("i", "ada", untimed)).isEqualTo(first);
    assertThat(refusal(record(recording("i", "ada", event("e1", "RECOGNIZE", text("play rock"))))))
        .isEqualTo(Kind.EVENT_DIFFERS);
  }

  @Test
  void keepsTheOrderOfArrivalWhateverTheTimes() {
    Instant later = now.plusSeconds(60);
    Event future = new Event("e1", "SPEAK", Optional.of(later), "", Optional.empty(), List.of());
    Interaction written = record("i", "", future, event("e2", "DISPLAY"));

    assertThat(written.events().stream().map(Interaction.RecordedEvent::eventId))
        .containsExactly("e1", "e2");
    assertThat(written.events().get(0).time()).isEqualTo(later);
    assertThat(written.events().get(1).time()).isEqualTo(now);
  }

  @Test
  void announcesEachWriteAfterWhichSpeechIsExpectedAndNoOther() {
    record("i", "", event("e1", "RECOGNIZE"));
    assertThat(announced).isEmpty();
    Interaction asking = record("i", "", event("e2", Interaction.EXPECT_SPEECH));
    Interaction shown = record("i", "", event("e3", "DISPLAY"));
    record("another", "", event("e1", "SPEAK"));

    assertThat(announced).containsExactly(asking, shown);
  }

  @Test
  void aListenerThatFailsDoesNotFailTheWrite() {
    Interactions unlucky =
        interactions(interaction -> {
          throw new IllegalStateException("no room");
        });

    assertThat(
            join(unlucky.record(recording("i", "", event("e1", Interaction.EXPECT_SPEECH))))
                .version())
        .isEqualTo(1);
  }

  @Test
  void keepsUsersApart() {
    record("i", "ada", event("e1", "RECOGNIZE", text("play jazz")));

    assertThat(refusal(interactions.find("bob", "i"))).isEqualTo(Kind.OTHER_USER);
    assertThat(refusal(interactions.find("", "i"))).isEqualTo(Kind.OTHER_USER);
    assertThat(refusal(interactions.findContent("bob", "i"))).isEqualTo(Kind.OTHER_USER);
    assertThat(refusal(interactions.delete("bob", "i"))).isEqualTo(Kind.OTHER_USER);
    assertThat(refusal(record(recording("i", "bob", event("e2", "ROUTE")))))
        .isEqualTo(Kind.OTHER_USER);
    assertThat(join(interactions.find("ada", "i"))).isPresent();
  }

  @Test
  void textsExpireBeforeTheirInteractionAndBothOnTime() {
    record("i", "", event("e1", "RECOGNIZE", text("first")));
    now = now.plus(Duration.ofMinutes(10));
    record("i", "", event("e2", "SPEAK", text("second")));
    now = now.plus(Duration.ofMinutes(5));
    assertThat(texts(join(interactions.findContent("", "i")).orElseThrow()))
        .containsExactly("second");

    now = now.plus(Duration.ofMinutes(10));
    assertThat(join(interactions.find("", "i"))).isEmpty();
    assertThat(refusal(record(recording("i", "", event("e3", "ROUTE")))))
        .isEqualTo(Kind.INTERACTION_EXPIRED);
  }

  @Test
  void countsAllThatAnItemHoldsAgainstTheInteractionsLimit() {
    ContextItem spelled =
        new ContextItem("CONTACT", "Ü", "callee", "c1", List.of("B AW1", "ER0"), "de-DE");

    assertThat(record("i", "", event("e1", "SPEAK", spelled)).textBytes())
        .isEqualTo(2 + 6 + 2 + 5 + 3);
  }

  @Test
  void namesTheItemsThatCannotBeRead() {
    record("i", "", event("e1", "SPEAK", text("whole"), text("broken")));
    String broken = itemIds("i").get(1);
    var stored = join(store.context().items(List.of(new ItemKey("i", broken)))).found().get(0);
    assertThat(join(store.sealedRecords().replace(sealed(stored), Bytes.wrap(new byte[] {9}))))
        .isTrue();
    InteractionContent content = join(interactions.findContent("", "i")).orElseThrow();

    assertThat(content.unreadable()).containsExactly(broken);
    assertThat(texts(content)).containsExactly("whole");
  }

  @Test
  void announcesNothingThatWasNotWritten() {
    store.close();
    CompletionStage<Interaction> written =
        record(recording("i", "", event("e1", Interaction.EXPECT_SPEECH)));

    assertThat(refusal(written)).isEqualTo(Kind.CLOSED);
    assertThat(announced).isEmpty();
  }

  private Interactions interactions(SpeechExpectedListener listener) {
    return new Interactions(store.context(), RETENTION.ttl(), () -> now, () -> draws++, listener);
  }

  private Interaction record(String interactionId, String userId, Event... events) {
    return join(record(recording(interactionId, userId, events)));
  }

  private CompletionStage<Interaction> record(Recording recording) {
    return interactions.record(recording);
  }

  private static Recording recording(String interactionId, String userId, Event... events) {
    return new Recording(interactionId, "", userId, List.of(events));
  }

  private static Event event(String id, String type, ContextItem... items) {
    return new Event(id, type, Optional.empty(), "", Optional.empty(), List.of(items));
  }

  private static ContextItem text(String text) {
    return new ContextItem("REPLY", text, "", "", List.of(), "");
  }

  private List<String> itemIds(String interactionId) {
    return join(interactions.find("", interactionId)).orElseThrow().events().stream()
        .flatMap(event -> event.items().stream())
        .map(Interaction.ItemRef::itemId)
        .toList();
  }

  private static List<String> texts(InteractionContent content) {
    return content.interaction().events().stream()
        .flatMap(event -> event.items().stream())
        .flatMap(item -> Optional.ofNullable(content.items().get(item.itemId())).stream())
        .map(ContextItem::text)
        .toList();
  }

  private static SealedRecords.Sealed sealed(StoredItem item) {
    return new SealedRecords.Sealed(
        RecordKey.item(item.key()),
        item.version(),
        item.expireTime().toEpochMilli(),
        item.content());
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static Kind refusal(CompletionStage<?> stage) {
    CompletionException failure =
        catchThrowableOfType(CompletionException.class, () -> join(stage));
    return ((StoreException) requireNonNull(failure.getCause())).kind();
  }
}
