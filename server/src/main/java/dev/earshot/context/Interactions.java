package dev.earshot.context;

import dev.earshot.store.Appended;
import dev.earshot.store.ContextItem;
import dev.earshot.store.ContextStore;
import dev.earshot.store.EventFingerprint;
import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoredItem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records what happens in conversations, and gives it back. Each text becomes a context item of its
 * own, which lives for a fixed time from its write; the interaction's entry refers to it.
 *
 * <p>Thread-safe; no method blocks, and nothing is handed to another thread. Stages fail with
 * {@link StoreException}: what the caller did wrong ({@code OTHER_USER}, {@code EVENT_DIFFERS}…) or
 * where the store failed.
 */
public final class Interactions {
  private static final Logger log = LoggerFactory.getLogger(Interactions.class);

  private final ContextStore store;
  private final Duration itemTtl;
  private final InstantSource clock;
  private final LongSupplier random;
  private final SpeechExpectedListener listener;

  /**
   * @param itemTtl how long an item lives from its write; the store's own
   * @param random uniform over all 64 bits, thread-safe: two writes to one interaction, on whatever
   *     instances, must not draw the same
   * @param listener hears of each write after which an interaction expects speech
   */
  public Interactions(
      ContextStore store,
      Duration itemTtl,
      InstantSource clock,
      LongSupplier random,
      SpeechExpectedListener listener) {
    this.store = store;
    this.itemTtl = itemTtl;
    this.clock = clock;
    this.random = random;
    this.listener = listener;
  }

  /**
   * Appends events to an interaction, making it with the first.
   *
   * @return the interaction as just written. Cancelling gives the write up, done or not
   */
  public CompletionStage<Interaction> record(Recording recording) {
    // The store's own stage, so that cancelling reaches the store.
    CompletionStage<Interaction> written = store.append(write(recording));
    written.whenComplete((interaction, failure) -> {
      if (failure == null && interaction.expectsSpeech()) {
        announce(interaction);
      }
    });
    return written;
  }

  /**
   * A live interaction, without its texts; nothing is decrypted.
   *
   * @return empty: unknown, expired or deleted. Fails with {@code OTHER_USER}
   */
  public CompletionStage<Optional<Interaction>> find(String userId, String interactionId) {
    return store
        .get(interactionId)
        .thenApply(read -> {
          Optional<Interaction> live = read.live();
          if (live.isPresent() && !live.get().userId().equals(userId)) {
            throw Appended.otherUser();
          }
          return live;
        });
  }

  /**
   * A live interaction with its texts.
   *
   * @return empty: unknown, expired or deleted. Fails with {@code OTHER_USER}
   */
  public CompletionStage<Optional<InteractionContent>> findContent(
      String userId, String interactionId) {
    return find(userId, interactionId)
        .thenCompose(found ->
            found.isEmpty()
                ? CompletableFuture.completedStage(Optional.empty())
                : content(found.get()).thenApply(Optional::of));
  }

  /**
   * Removes an interaction, its items and what was derived from them.
   *
   * @return whether it was live. Fails with {@code OTHER_USER}
   */
  public CompletionStage<Boolean> delete(String userId, String interactionId) {
    CompletionStage<Boolean> deleted = store.delete(userId, interactionId);
    deleted.thenAccept(live -> listener.onRemoved(interactionId));
    return deleted;
  }

  private CompletionStage<InteractionContent> content(Interaction interaction) {
    List<ItemKey> keys =
        interaction.events().stream()
            .flatMap(event -> event.items().stream())
            .map(item -> new ItemKey(interaction.interactionId(), item.itemId()))
            .toList();
    if (keys.isEmpty()) {
      return CompletableFuture.completedStage(
          new InteractionContent(interaction, Map.of(), Set.of()));
    }
    return store.items(keys).thenApply(batch -> content(interaction, batch));
  }

  private static InteractionContent content(Interaction interaction, StoredItem.Batch batch) {
    Map<String, ContextItem> items = new HashMap<>();
    Set<String> unreadable = new HashSet<>();
    batch.unreadable().forEach(key -> unreadable.add(key.itemId()));
    for (StoredItem item : batch.found()) {
      String id = item.key().itemId();
      try {
        items.put(id, ContextItem.decode(item.content()));
      } catch (StoreException e) {
        unreadable.add(id);
      }
    }
    return new InteractionContent(interaction, items, unreadable);
  }

  private InteractionWrite write(Recording recording) {
    Instant now = clock.instant();
    Instant expireTime = now.plus(itemTtl);
    String ofThisWrite = Long.toUnsignedString(random.getAsLong(), Character.MAX_RADIX);
    List<NewEvent> events = new ArrayList<>(recording.events().size());
    int itemCount = 0;
    for (Event event : recording.events()) {
      List<NewItem> items = new ArrayList<>(event.items().size());
      for (ContextItem item : event.items()) {
        items.add(
            new NewItem(
                ofThisWrite + "." + itemCount++,
                item.kind(),
                expireTime,
                textBytes(item),
                item.encode()));
      }
      events.add(
          new NewEvent(
              event.eventId(),
              event.type(),
              event.time().orElse(now),
              event.skillId(),
              event.expectedDuration(),
              items,
              EventFingerprint.of(
                  event.type(),
                  event.time(),
                  event.skillId(),
                  event.expectedDuration(),
                  event.items())));
    }
    return new InteractionWrite(
        recording.interactionId(), recording.dialogueId(), recording.userId(), events);
  }

  /** All of an item that a caller may fill, so that a whole interaction fits in one message. */
  private static int textBytes(ContextItem item) {
    int bytes = utf8(item.text()) + utf8(item.label()) + utf8(item.entityId());
    for (String pronunciation : item.pronunciations()) {
      bytes += utf8(pronunciation);
    }
    return bytes;
  }

  private static int utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private void announce(Interaction interaction) {
    try {
      listener.onSpeechExpected(interaction);
    } catch (RuntimeException e) {
      // The write stands, whatever becomes of what follows from it.
      log.error("what follows from a recorded event failed", e);
    }
  }
}
