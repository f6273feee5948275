package dev.earshot.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The entry of an interaction: short events with references to their texts, and no text. Immutable.
 *
 * @param dialogueId empty: a dialogue of its own
 * @param userId empty: nobody's
 * @param events in the order of arrival
 * @param itemCount of all items that were ever recorded, expired ones too
 * @param textBytes of all texts that were ever recorded
 * @param version counts the writes that changed it, from 1
 * @param expireTime from then on no read finds it and no write revives it
 */
public record Interaction(
    String interactionId,
    String dialogueId,
    String userId,
    List<RecordedEvent> events,
    int itemCount,
    int textBytes,
    long version,
    Instant createTime,
    Instant expireTime) {
  /** The most events of an interaction. */
  public static final int MAX_EVENTS = 256;

  /** The most items of an interaction. */
  public static final int MAX_ITEMS = 1_000;

  /** The most texts of an interaction, in bytes of UTF-8. */
  public static final int MAX_TEXT_BYTES = 1 << 20;

  /** The type of the event that re-opens the microphone. */
  public static final String EXPECT_SPEECH = "EXPECT_SPEECH";

  public Interaction {
    events = List.copyOf(events);
  }

  /**
   * An event as stored.
   *
   * @param expectedDuration how long the reply will be spoken, where the event tells
   * @param items references, in the order recorded
   * @param fingerprint of its content as given, to tell a repeated write from another event
   */
  public record RecordedEvent(
      String eventId,
      String type,
      Instant time,
      String skillId,
      Optional<Duration> expectedDuration,
      List<ItemRef> items,
      Bytes fingerprint) {
    public RecordedEvent {
      items = List.copyOf(items);
    }
  }

  /** Refers to a context item, which lives until {@code expireTime}. */
  public record ItemRef(String itemId, String kind, Instant expireTime) {}

  /** Whether the microphone re-opens. */
  public boolean expectsSpeech() {
    return events.stream().anyMatch(event -> event.type().equals(EXPECT_SPEECH));
  }

  /** Whether it lives at a time. */
  public boolean isLiveAt(Instant now) {
    return now.isBefore(expireTime);
  }

  /** The same without references to items that have expired. */
  public Interaction withItemsLiveAt(Instant now) {
    boolean allLive =
        events.stream()
            .allMatch(
                event -> event.items().stream().allMatch(item -> now.isBefore(item.expireTime())));
    if (allLive) {
      return this;
    }
    List<RecordedEvent> pruned =
        events.stream()
            .map(event ->
                new RecordedEvent(
                    event.eventId(),
                    event.type(),
                    event.time(),
                    event.skillId(),
                    event.expectedDuration(),
                    event.items().stream().filter(item -> now.isBefore(item.expireTime())).toList(),
                    event.fingerprint()))
            .toList();
    return new Interaction(
        interactionId,
        dialogueId,
        userId,
        pruned,
        itemCount,
        textBytes,
        version,
        createTime,
        expireTime);
  }

  @Override
  public String toString() {
    return "Interaction[version=" + version + ", events=" + events.size() + "]";
  }
}
