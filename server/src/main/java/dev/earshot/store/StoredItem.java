package dev.earshot.store;

import java.time.Instant;
import java.util.List;

/**
 * A context item as read. Immutable.
 *
 * @param version of a derived item: of the interaction that it was computed from; else 0
 */
public record StoredItem(ItemKey key, long version, Instant expireTime, Bytes content) {
  /**
   * What became of a read of several items.
   *
   * @param found those that live, in the order asked for
   * @param unreadable those that are there, but fail their checksum or decryption
   */
  public record Batch(List<StoredItem> found, List<ItemKey> unreadable) {
    public Batch {
      found = List.copyOf(found);
      unreadable = List.copyOf(unreadable);
    }
  }

  @Override
  public String toString() {
    return "StoredItem[version=" + version + ", content=" + content + "]";
  }
}
