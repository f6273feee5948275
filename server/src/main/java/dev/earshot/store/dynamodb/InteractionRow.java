package dev.earshot.store.dynamodb;

import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionCodec;
import dev.earshot.store.InteractionCodec.Live;
import dev.earshot.store.InteractionCodec.Tombstone;
import dev.earshot.store.InteractionRead;
import dev.earshot.store.InteractionRead.Gone;
import dev.earshot.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What stands under an interaction's key. The events are a list that DynamoDB itself appends to,
 * their ids a set that it looks into before, so that an append needs no read and concurrent ones do
 * not disturb each other. Immutable.
 *
 * @param entry the interaction, or what is remembered of it
 * @param deleting whether the interaction is being removed: it is as if it were gone, and whoever
 *     comes upon it may finish the work
 * @param indexKey under which the index has it; empty: it is in no index
 */
record InteractionRow(InteractionCodec.Entry entry, boolean deleting, String indexKey) {
  private static final String GONE = "gone";
  private static final String INDEX_KEY = "index_key";

  static Map<String, AttributeValue> key(String interactionId) {
    return Map.of("interaction_id", Attributes.text(interactionId));
  }

  /** A row of an interaction. */
  static Map<String, AttributeValue> of(
      Interaction interaction, String indexKey, Duration remembered) {
    Map<String, AttributeValue> row = new HashMap<>(key(interaction.interactionId()));
    row.put("user_id", Attributes.text(interaction.userId()));
    row.put("dialogue_id", Attributes.text(interaction.dialogueId()));
    row.put("events", events(interaction.interactionId(), interaction.events()));
    row.put("event_ids", eventIds(interaction.events()));
    row.put("item_count", Attributes.number(interaction.itemCount()));
    row.put("text_bytes", Attributes.number(interaction.textBytes()));
    row.put("version", Attributes.number(interaction.version()));
    row.put("create_time", Attributes.number(interaction.createTime().toEpochMilli()));
    row.put("expire_time", Attributes.number(interaction.expireTime().toEpochMilli()));
    row.put(INDEX_KEY, Attributes.text(indexKey));
    long forgotten = interaction.expireTime().plus(remembered).toEpochMilli();
    row.put("forget_time", Attributes.number(forgotten));
    row.put(Attributes.REMOVAL_TIME, Attributes.removalTime(forgotten));
    return row;
  }

  /** A row that remembers one that is gone. */
  static Map<String, AttributeValue> of(String interactionId, Tombstone tombstone) {
    long forgotten = tombstone.until().toEpochMilli();
    Map<String, AttributeValue> row = new HashMap<>(key(interactionId));
    row.put(GONE, Attributes.text(tombstone.reason().name()));
    row.put("forget_time", Attributes.number(forgotten));
    row.put(Attributes.REMOVAL_TIME, Attributes.removalTime(forgotten));
    return row;
  }

  /** Events as a list to append. */
  static AttributeValue events(String interactionId, List<Interaction.RecordedEvent> events) {
    return AttributeValue.fromL(
        events.stream()
            .map(event -> Attributes.bytes(InteractionCodec.encode(interactionId, event)))
            .toList());
  }

  static AttributeValue eventIds(List<Interaction.RecordedEvent> events) {
    return Attributes.texts(events.stream().map(Interaction.RecordedEvent::eventId).toList());
  }

  /**
   * Reads a row.
   *
   * @return null: there is none
   * @throws StoreException UNREADABLE
   */
  static @Nullable InteractionRow read(Map<String, AttributeValue> row) {
    if (row.isEmpty()) {
      return null;
    }
    if (row.containsKey(GONE)) {
      return new InteractionRow(
          new Tombstone(
              reason(Attributes.text(row, GONE)),
              Instant.ofEpochMilli(Attributes.number(row, "forget_time"))),
          false,
          "");
    }
    String id = Attributes.text(row, "interaction_id");
    Interaction interaction =
        new Interaction(
            id,
            Attributes.text(row, "dialogue_id"),
            Attributes.text(row, "user_id"),
            Attributes.present(row.get("events")).l().stream()
                .map(event -> InteractionCodec.decodeEvent(id, Attributes.array(event)))
                .toList(),
            (int) Attributes.number(row, "item_count"),
            (int) Attributes.number(row, "text_bytes"),
            Attributes.number(row, "version"),
            Instant.ofEpochMilli(Attributes.number(row, "create_time")),
            Instant.ofEpochMilli(Attributes.number(row, "expire_time")));
    return new InteractionRow(
        new Live(interaction), row.containsKey("deleting"), Attributes.text(row, INDEX_KEY));
  }

  /** What a reader finds here. */
  InteractionRead seenAt(Instant now, Duration remembered) {
    if (entry instanceof Live live) {
      Interaction interaction = live.interaction();
      if (deleting || isForgottenAt(now, remembered)) {
        return Gone.UNKNOWN;
      }
      return interaction.isLiveAt(now)
          ? new InteractionRead.Live(interaction.withItemsLiveAt(now))
          : Gone.EXPIRED;
    }
    return entry instanceof Tombstone tombstone && now.isBefore(tombstone.until())
        ? tombstone.reason()
        : Gone.UNKNOWN;
  }

  /** Whether it is as if there were no row. */
  boolean isForgottenAt(Instant now, Duration remembered) {
    return !now.isBefore(
        entry instanceof Live live
            ? live.interaction().expireTime().plus(remembered)
            : ((Tombstone) entry).until());
  }

  private static Gone reason(String name) {
    for (Gone reason : Gone.values()) {
      if (reason.name().equals(name)) {
        return reason;
      }
    }
    throw Attributes.unreadable();
  }
}
