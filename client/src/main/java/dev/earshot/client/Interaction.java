package dev.earshot.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One request of a user and the reply to it, as stored.
 *
 * @param interactionId the interaction
 * @param dialogueId the chain that it belongs to; empty: none
 * @param userId whose it is; empty: nobody's
 * @param events what happened, in the order of arrival
 * @param expectsSpeech whether the microphone re-opens
 * @param version counts the writes that changed it, from 1
 * @param createTime when it was first written
 * @param expireTime when it expires, unless it is written again
 */
public record Interaction(
    String interactionId,
    String dialogueId,
    String userId,
    List<RecordedEvent> events,
    boolean expectsSpeech,
    long version,
    Instant createTime,
    Instant expireTime) {
  public Interaction {
    events = List.copyOf(events);
  }

  /**
   * An event as stored.
   *
   * @param eventId as recorded
   * @param type as recorded
   * @param time as recorded; the time of arrival where none was
   * @param skillId as recorded; may be empty
   * @param expectedDuration as recorded
   * @param items those that are still alive, in the order recorded
   */
  public record RecordedEvent(
      String eventId,
      String type,
      Instant time,
      String skillId,
      Optional<Duration> expectedDuration,
      List<RecordedItem> items) {
    public RecordedEvent {
      items = List.copyOf(items);
    }

    private static RecordedEvent of(dev.earshot.v1.RecordedEvent message) {
      return new RecordedEvent(
          message.getEventId(),
          message.getType(),
          WireTime.instant(message.getTime()),
          message.getSkillId(),
          message.hasExpectedDuration()
              ? Optional.of(WireTime.duration(message.getExpectedDuration()))
              : Optional.empty(),
          message.getItemsList().stream().map(RecordedItem::of).toList());
    }
  }

  /**
   * Refers to a text.
   *
   * @param itemId made by the server
   * @param kind as recorded
   * @param expireTime when the text expires
   * @param item the text itself, where it was asked for and could be read
   * @param unreadable whether it was asked for and is damaged where it is stored
   */
  public record RecordedItem(
      String itemId,
      String kind,
      Instant expireTime,
      Optional<ContextItem> item,
      boolean unreadable) {
    private static RecordedItem of(dev.earshot.v1.RecordedItem message) {
      return new RecordedItem(
          message.getItemId(),
          message.getKind(),
          WireTime.instant(message.getExpireTime()),
          message.hasItem() ? Optional.of(ContextItem.of(message.getItem())) : Optional.empty(),
          message.getUnreadable());
    }
  }

  static Interaction of(dev.earshot.v1.Interaction message) {
    return new Interaction(
        message.getInteractionId(),
        message.getDialogueId(),
        message.getUserId(),
        message.getEventsList().stream().map(RecordedEvent::of).toList(),
        message.getExpectsSpeech(),
        message.getVersion(),
        WireTime.instant(message.getCreateTime()),
        WireTime.instant(message.getExpireTime()));
  }
}
