package dev.earshot.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Something computed from an interaction and kept beside its items: a context vector, its phrases.
 * Immutable.
 *
 * @param key its item id begins with {@value #PREFIX}
 * @param version of the interaction that it was computed from
 * @param expireTime the caller's: no later than that of the earliest item that it was made from
 * @param content sealed on its way to the disk
 */
public record DerivedItem(ItemKey key, long version, Instant expireTime, Bytes content) {
  /** What the ids of derived items begin with, and those of others do not. */
  public static final String PREFIX = "~";

  public DerivedItem {
    expireTime = expireTime.truncatedTo(ChronoUnit.MILLIS);
    if (!key.itemId().startsWith(PREFIX)) {
      throw new IllegalArgumentException(
          "itemId: not a derived item's (expected: " + PREFIX + "…)");
    }
  }

  @Override
  public String toString() {
    return "DerivedItem[version=" + version + ", content=" + content + "]";
  }
}
