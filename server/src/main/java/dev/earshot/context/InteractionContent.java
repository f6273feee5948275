package dev.earshot.context;

import dev.earshot.store.ContextItem;
import dev.earshot.store.Interaction;
import java.util.Map;
import java.util.Set;

/**
 * An interaction with its texts. Immutable. An item that the entry refers to and that is in neither
 * collection has expired since the entry was read.
 *
 * @param items by item id
 * @param unreadable ids of items that are stored, but fail their checksum or decryption
 */
public record InteractionContent(
    Interaction interaction, Map<String, ContextItem> items, Set<String> unreadable) {
  public InteractionContent {
    items = Map.copyOf(items);
    unreadable = Set.copyOf(unreadable);
  }

  @Override
  public String toString() {
    return "InteractionContent[items=" + items.size() + ", unreadable=" + unreadable.size() + "]";
  }
}
