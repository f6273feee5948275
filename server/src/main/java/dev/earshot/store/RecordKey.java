package dev.earshot.store;

import java.util.List;

/**
 * Where a record is. Immutable.
 *
 * @param parts of the key: of a profile its user; of a context item its interaction and its own id;
 *     of the catalogue {@code entry} or {@code snapshot} and the version; of a setting its name
 */
public record RecordKey(Table table, List<String> parts) {
  public RecordKey {
    parts = List.copyOf(parts);
  }

  public static RecordKey profile(String userId) {
    return new RecordKey(Table.PROFILES, List.of(userId));
  }

  public static RecordKey item(ItemKey key) {
    return new RecordKey(Table.CONTEXT_ITEMS, List.of(key.interactionId(), key.itemId()));
  }

  public static RecordKey catalogEntry(long version) {
    return new RecordKey(Table.CATALOG, List.of("entry", Long.toString(version)));
  }

  public static RecordKey catalogSnapshot(long version) {
    return new RecordKey(Table.CATALOG, List.of("snapshot", Long.toString(version)));
  }

  public static RecordKey setting(String name) {
    return new RecordKey(Table.SETTINGS, List.of(name));
  }

  // Ids of users do not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "RecordKey[" + table.label() + "]";
  }
}
