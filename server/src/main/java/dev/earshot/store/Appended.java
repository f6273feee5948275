package dev.earshot.store;

import dev.earshot.store.Interaction.ItemRef;
import dev.earshot.store.Interaction.RecordedEvent;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a write makes of an interaction's entry: the rules of {@link ContextStore#append}, for a
 * store to apply atomically. Immutable.
 *
 * @param entry with the write done
 * @param items to store: those of the events that are new
 * @param changed false: every event was known, and there is nothing to store
 */
public record Appended(Interaction entry, List<NewItem> items, boolean changed) {
  public Appended {
    items = List.copyOf(items);
  }

  /**
   * Applies a write.
   *
   * @param current what stands under the interaction's key; null: nothing
   * @throws StoreException with the reason to refuse the write
   */
  public static Appended apply(
      InteractionCodec.@Nullable Entry current,
      InteractionWrite write,
      Instant time,
      Retention retention) {
    Instant now = time.truncatedTo(ChronoUnit.MILLIS);
    if (current instanceof InteractionCodec.Live live) {
      return apply(live.interaction(), write, now, retention);
    }
    if (current instanceof InteractionCodec.Tombstone tombstone
        && now.isBefore(tombstone.until())) {
      throw gone(tombstone.reason());
    }
    Interaction begun =
        new Interaction(
            write.interactionId(),
            write.dialogueId(),
            write.userId(),
            List.of(),
            0,
            0,
            0,
            now,
            retention.expiry(now, now));
    return apply(begun, write, now, retention);
  }

  private static Appended apply(
      Interaction current, InteractionWrite write, Instant now, Retention retention) {
    if (!current.userId().equals(write.userId())) {
      throw otherUser();
    }
    if (!current.isLiveAt(now)) {
      throw gone(InteractionRead.Gone.EXPIRED);
    }
    if (!write.dialogueId().isEmpty() && !write.dialogueId().equals(current.dialogueId())) {
      throw new StoreException(
          StoreException.Kind.OTHER_DIALOGUE, "the interaction belongs to another dialogue");
    }
    Map<String, Bytes> known = new HashMap<>();
    current.events().forEach(event -> known.put(event.eventId(), event.fingerprint()));
    List<RecordedEvent> events = new ArrayList<>(current.events());
    List<NewItem> items = new ArrayList<>();
    for (NewEvent event : write.events()) {
      Bytes fingerprint = known.putIfAbsent(event.eventId(), event.fingerprint());
      if (fingerprint == null) {
        events.add(recorded(event));
        items.addAll(event.items());
      } else if (!fingerprint.equals(event.fingerprint())) {
        throw new StoreException(
            StoreException.Kind.EVENT_DIFFERS, "a known event id came with other content");
      }
    }
    if (events.size() == current.events().size()) {
      return new Appended(current, List.of(), false);
    }
    int itemCount = current.itemCount() + items.size();
    int textBytes = current.textBytes() + items.stream().mapToInt(NewItem::textBytes).sum();
    requireAtMost("events", events.size(), Interaction.MAX_EVENTS);
    requireAtMost("items", itemCount, Interaction.MAX_ITEMS);
    requireAtMost("bytes of text", textBytes, Interaction.MAX_TEXT_BYTES);
    Instant expireTime = retention.expiry(current.createTime(), now);
    Interaction entry =
        new Interaction(
            current.interactionId(),
            current.dialogueId(),
            current.userId(),
            events,
            itemCount,
            textBytes,
            current.version() + 1,
            current.createTime(),
            // A clock that was set back shortens no life.
            expireTime.isAfter(current.expireTime()) ? expireTime : current.expireTime());
    return new Appended(entry, items, true);
  }

  /** The failure of a call that names another user than the interaction's. */
  public static StoreException otherUser() {
    return new StoreException(
        StoreException.Kind.OTHER_USER, "the interaction belongs to another user");
  }

  private static StoreException gone(InteractionRead.Gone reason) {
    return reason == InteractionRead.Gone.USER_DELETED
        ? new StoreException(StoreException.Kind.USER_DELETED, "the interaction's user was deleted")
        : new StoreException(
            StoreException.Kind.INTERACTION_EXPIRED, "the interaction has expired");
  }

  private static RecordedEvent recorded(NewEvent event) {
    return new RecordedEvent(
        event.eventId(),
        event.type(),
        event.time(),
        event.skillId(),
        event.expectedDuration(),
        event.items().stream()
            .map(item -> new ItemRef(item.itemId(), item.kind(), item.expireTime()))
            .toList(),
        event.fingerprint());
  }

  private static void requireAtMost(String what, int value, int limit) {
    if (value > limit) {
      throw new StoreException(
          StoreException.Kind.INTERACTION_FULL,
          what + " of the interaction: " + value + " (expected: <= " + limit + ")");
    }
  }
}
