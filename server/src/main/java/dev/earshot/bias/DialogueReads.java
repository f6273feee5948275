package dev.earshot.bias;

import dev.earshot.store.ContextItem;
import dev.earshot.store.ContextStore;
import dev.earshot.store.Interaction;
import dev.earshot.store.Interaction.ItemRef;
import dev.earshot.store.Interaction.RecordedEvent;
import dev.earshot.store.ItemKey;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoredItem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads the texts of a dialogue. Thread-safe; no method blocks. */
final class DialogueReads {
  /** What was said longer ago is rarely taken up again. */
  private static final int MOST_INTERACTIONS = 6;

  private static final int MOST_ITEMS = 400;

  private final ContextStore store;

  DialogueReads(ContextStore store) {
    this.store = store;
  }

  /**
   * The live texts of an interaction and of those before it.
   *
   * @param entry null: none in particular
   * @param dialogueId empty: the interaction alone
   */
  CompletionStage<Dialogue> read(@Nullable Interaction entry, String userId, String dialogueId) {
    if (dialogueId.isEmpty()) {
      return items(entry, List.of());
    }
    return store
        .ofDialogue(userId, dialogueId, MOST_INTERACTIONS)
        .thenCompose(found -> items(entry, before(entry, found)));
  }

  private static List<Interaction> before(
      @Nullable Interaction entry, List<Interaction> ofDialogue) {
    if (entry == null) {
      return ofDialogue;
    }
    return ofDialogue.stream()
        .filter(other ->
            !other.interactionId().equals(entry.interactionId())
                && !other.createTime().isAfter(entry.createTime()))
        .toList();
  }

  private CompletionStage<Dialogue> items(@Nullable Interaction entry, List<Interaction> earlier) {
    List<ItemKey> keys = new ArrayList<>();
    if (entry != null) {
      addKeys(entry, keys);
    }
    earlier.forEach(interaction -> addKeys(interaction, keys));
    if (keys.isEmpty()) {
      return CompletableFuture.completedStage(dialogue(entry, earlier, List.of(), List.of()));
    }
    return store
        .items(keys)
        .thenApply(batch -> dialogue(entry, earlier, batch.found(), batch.unreadable()));
  }

  private static void addKeys(Interaction interaction, List<ItemKey> keys) {
    for (RecordedEvent event : interaction.events()) {
      for (ItemRef item : event.items()) {
        if (keys.size() < MOST_ITEMS) {
          keys.add(new ItemKey(interaction.interactionId(), item.itemId()));
        }
      }
    }
  }

  private static Dialogue dialogue(
      @Nullable Interaction entry,
      List<Interaction> earlier,
      List<StoredItem> found,
      List<ItemKey> unreadable) {
    Map<ItemKey, ContextItem> items = new HashMap<>();
    Set<ItemKey> damaged = new HashSet<>(unreadable);
    Instant earliest = entry == null ? Instant.MAX : entry.expireTime();
    for (StoredItem stored : found) {
      try {
        items.put(stored.key(), ContextItem.decode(stored.content()));
        earliest = stored.expireTime().isBefore(earliest) ? stored.expireTime() : earliest;
      } catch (StoreException e) {
        damaged.add(stored.key());
      }
    }
    List<List<ContextItem>> before = new ArrayList<>();
    for (Interaction interaction : earlier) {
      List<ContextItem> of = itemsOf(interaction, items);
      if (!of.isEmpty()) {
        before.add(of);
      }
    }
    return new Dialogue(
        entry == null ? List.of() : itemsOf(entry, items),
        before,
        earliest.equals(Instant.MAX) ? Optional.empty() : Optional.of(earliest),
        !damaged.isEmpty());
  }

  private static List<ContextItem> itemsOf(
      Interaction interaction, Map<ItemKey, ContextItem> items) {
    List<ContextItem> of = new ArrayList<>();
    for (RecordedEvent event : interaction.events()) {
      for (ItemRef ref : event.items()) {
        ContextItem item = items.get(new ItemKey(interaction.interactionId(), ref.itemId()));
        if (item != null) {
          of.add(item);
        }
      }
    }
    return of;
  }
}
