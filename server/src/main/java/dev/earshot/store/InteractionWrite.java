package dev.earshot.store;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * Events to append to an interaction, with the items that they bring. Immutable; validated by who
 * makes it.
 *
 * @param dialogueId empty: as it is
 * @param userId the same in every write of the interaction; empty: nobody's
 * @param events at least one
 */
public record InteractionWrite(
    String interactionId, String dialogueId, String userId, List<NewEvent> events) {
  public InteractionWrite {
    events = List.copyOf(events);
  }

  /**
   * An event.
   *
   * @param eventId the same when a write is repeated
   * @param time as the caller gave it, else of arrival
   * @param fingerprint of the content as the caller gave it: see {@link EventFingerprint}
   */
  public record NewEvent(
      String eventId,
      String type,
      Instant time,
      String skillId,
      Optional<Duration> expectedDuration,
      List<NewItem> items,
      Bytes fingerprint) {
    public NewEvent {
      items = List.copyOf(items);
    }
  }

  /**
   * An item.
   *
   * @param itemId made by the server, never used twice within an interaction, not beginning with
   *     {@value DerivedItem#PREFIX}
   * @param textBytes what it adds to the interaction's texts, in bytes of UTF-8
   * @param content as {@link ContextItem#encode} makes it; sealed on its way to the disk
   */
  public record NewItem(
      String itemId, String kind, Instant expireTime, int textBytes, Bytes content) {
    public NewItem {
      expireTime = expireTime.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  @Override
  public String toString() {
    return "InteractionWrite[events=" + events.size() + "]";
  }
}
