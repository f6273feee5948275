package dev.earshot.store;

import dev.earshot.store.InteractionCodec.Live;
import dev.earshot.store.InteractionCodec.Tombstone;
import dev.earshot.store.InteractionRead.Gone;
import dev.earshot.store.InteractionWrite.NewItem;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps everything in memory, as long as the process lives; an acknowledgement survives nothing.
 * Stages are complete when a method returns. Each write also removes what has expired, so that
 * memory follows what lives. Thread-safe, by one lock.
 */
public final class MemoryStore implements Store {
  private static final Comparator<ItemKey> BY_KEY =
      Comparator.comparing(ItemKey::interactionId).thenComparing(ItemKey::itemId);

  private final InstantSource clock;
  private final Retention retention;

  private final NavigableMap<String, ProfileTable.Row> profiles = new TreeMap<>();
  private final Map<String, InteractionCodec.Entry> interactions = new HashMap<>();
  private final NavigableMap<ItemKey, StoredItem> items = new TreeMap<>(BY_KEY);
  private final Map<String, Set<Begun>> byUser = new HashMap<>();
  private final Map<Dialogue, Set<Begun>> byDialogue = new HashMap<>();
  private final PriorityQueue<Due> dues = new PriorityQueue<>(Comparator.comparing(Due::time));
  private final NavigableMap<Long, CatalogLog.Entry> catalogEntries = new TreeMap<>();
  private CatalogLog.@Nullable Entry catalogSnapshot;
  private final Map<String, Bytes> settings = new HashMap<>();
  private boolean closed;

  /** The latest begun first. */
  private record Begun(Instant createTime, String interactionId) implements Comparable<Begun> {
    @Override
    public int compareTo(Begun other) {
      int byTime = other.createTime.compareTo(createTime);
      return byTime != 0 ? byTime : interactionId.compareTo(other.interactionId);
    }
  }

  private record Dialogue(String userId, String dialogueId) {}

  /** When to look at an interaction for something that may have expired. */
  private record Due(Instant time, String interactionId) {}

  public MemoryStore(InstantSource clock, Retention retention) {
    this.clock = clock;
    this.retention = retention;
  }

  @Override
  public String kind() {
    return "memory";
  }

  @Override
  public ProfileTable profiles() {
    return new Profiles();
  }

  @Override
  public ContextStore context() {
    return new Context();
  }

  @Override
  public CatalogLog catalog() {
    return new Catalog();
  }

  @Override
  public Settings settings() {
    return new Facts();
  }

  @Override
  public SealedRecords sealedRecords() {
    return new Records();
  }

  @Override
  public CompletionStage<DeletedUser> deleteUser(String userId) {
    return done(() -> {
      Instant now = clock.instant();
      long live = 0;
      for (Begun begun : List.copyOf(byUser.getOrDefault(userId, new TreeSet<>()))) {
        if (interactions.get(begun.interactionId) instanceof Live entry) {
          boolean isLive = entry.interaction().isLiveAt(now);
          live += isLive ? 1 : 0;
          bury(
              entry.interaction(),
              isLive
                  ? new Tombstone(Gone.USER_DELETED, now.plus(retention.maxAge()))
                  : expired(entry.interaction()));
        }
      }
      return new DeletedUser(profiles.remove(userId) != null, live);
    });
  }

  @Override
  public CompletionStage<Long> removeExpired() {
    return done(this::sweep);
  }

  @Override
  public CompletionStage<Boolean> isEmpty() {
    return done(() ->
        profiles.isEmpty()
            && interactions.isEmpty()
            && items.isEmpty()
            && catalogEntries.isEmpty()
            && catalogSnapshot == null);
  }

  @Override
  public CompletionStage<List<TableSize>> sizes() {
    return done(() ->
        List.of(
            new TableSize(Table.PROFILES, profiles.size(), -1),
            new TableSize(Table.INTERACTIONS, interactions.size(), -1),
            new TableSize(Table.CONTEXT_ITEMS, items.size(), -1),
            new TableSize(Table.CATALOG, catalogEntries.size(), -1),
            new TableSize(Table.SETTINGS, settings.size(), -1)));
  }

  @Override
  public synchronized void close() {
    closed = true;
  }

  private synchronized <T> CompletionStage<T> done(Supplier<T> action) {
    if (closed) {
      return CompletableFuture.failedStage(
          new StoreException(StoreException.Kind.CLOSED, "the store was closed"));
    }
    try {
      return CompletableFuture.completedStage(action.get());
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private Tombstone expired(Interaction interaction) {
    return new Tombstone(Gone.EXPIRED, interaction.expireTime().plus(retention.maxAge()));
  }

  /** Removes all of an interaction, and remembers of it what the tombstone says. */
  private void bury(Interaction interaction, @Nullable Tombstone tombstone) {
    String id = interaction.interactionId();
    Begun begun = new Begun(interaction.createTime(), id);
    itemsOf(id).clear();
    remove(byUser, interaction.userId(), begun);
    remove(byDialogue, new Dialogue(interaction.userId(), interaction.dialogueId()), begun);
    if (tombstone == null) {
      interactions.remove(id);
    } else {
      interactions.put(id, tombstone);
      dues.add(new Due(tombstone.until(), id));
    }
  }

  private static <K> void remove(Map<K, Set<Begun>> index, K key, Begun begun) {
    Set<Begun> all = index.get(key);
    if (all != null && all.remove(begun) && all.isEmpty()) {
      index.remove(key);
    }
  }

  /** All keys of an interaction lie between its id alone and its id with the next character. */
  private NavigableMap<ItemKey, StoredItem> itemsOf(String interactionId) {
    return items.subMap(
        new ItemKey(interactionId, ""), true, new ItemKey(interactionId + '\0', ""), false);
  }

  private long sweep() {
    Instant now = clock.instant();
    long removed = 0;
    for (Due due = dues.peek(); due != null && !now.isBefore(due.time); due = dues.peek()) {
      dues.poll();
      var entry = interactions.get(due.interactionId);
      if (entry instanceof Live live && !live.interaction().isLiveAt(now)) {
        removed += 1 + itemsOf(due.interactionId).size();
        bury(live.interaction(), expired(live.interaction()));
      } else if (entry instanceof Tombstone tombstone && !now.isBefore(tombstone.until())) {
        interactions.remove(due.interactionId);
      }
      var own = itemsOf(due.interactionId).values();
      int before = own.size();
      own.removeIf(item -> !now.isBefore(item.expireTime()));
      removed += before - own.size();
    }
    return removed;
  }

  private final class Profiles implements ProfileTable {
    @Override
    public CompletionStage<Optional<Row>> get(String userId) {
      return done(() -> Optional.ofNullable(profiles.get(userId)));
    }

    @Override
    public CompletionStage<Boolean> put(Row row, long expectedVersion) {
      return done(() -> {
        Row current = profiles.get(row.userId());
        if ((current == null ? 0 : current.version()) != expectedVersion) {
          return false;
        }
        profiles.put(row.userId(), row);
        return true;
      });
    }

    @Override
    public CompletionStage<Boolean> delete(String userId) {
      return done(() -> profiles.remove(userId) != null);
    }

    @Override
    public CompletionStage<Page> list(String afterUserId, int limit) {
      return done(() -> {
        var rest = profiles.tailMap(afterUserId, false).values();
        List<Row> rows = rest.stream().limit(limit).toList();
        return new Page(rows, rows.size() < rest.size());
      });
    }
  }

  private final class Context implements ContextStore {
    @Override
    public CompletionStage<Interaction> append(InteractionWrite write) {
      return done(() -> {
        Instant now = clock.instant();
        sweep();
        Appended appended =
            Appended.apply(interactions.get(write.interactionId()), write, now, retention);
        Interaction entry = appended.entry();
        if (appended.changed()) {
          appended.items().forEach(item -> store(entry.interactionId(), item));
          interactions.put(entry.interactionId(), new Live(entry));
          dues.add(new Due(entry.expireTime(), entry.interactionId()));
          if (entry.version() == 1) {
            index(entry);
          }
        }
        return entry.withItemsLiveAt(now);
      });
    }

    private void store(String interactionId, NewItem item) {
      ItemKey key = new ItemKey(interactionId, item.itemId());
      items.put(key, new StoredItem(key, 0, item.expireTime(), item.content()));
      dues.add(new Due(item.expireTime(), interactionId));
    }

    private void index(Interaction entry) {
      Begun begun = new Begun(entry.createTime(), entry.interactionId());
      if (!entry.userId().isEmpty()) {
        byUser.computeIfAbsent(entry.userId(), id -> new TreeSet<>()).add(begun);
      }
      if (!entry.dialogueId().isEmpty()) {
        byDialogue
            .computeIfAbsent(
                new Dialogue(entry.userId(), entry.dialogueId()), id -> new TreeSet<>())
            .add(begun);
      }
    }

    @Override
    public CompletionStage<InteractionRead> get(String interactionId) {
      return done(() -> read(interactionId));
    }

    private InteractionRead read(String interactionId) {
      Instant now = clock.instant();
      var entry = interactions.get(interactionId);
      if (entry instanceof Live live) {
        return live.interaction().isLiveAt(now)
            ? new InteractionRead.Live(live.interaction().withItemsLiveAt(now))
            : Gone.EXPIRED;
      }
      return entry instanceof Tombstone tombstone && now.isBefore(tombstone.until())
          ? tombstone.reason()
          : Gone.UNKNOWN;
    }

    @Override
    public CompletionStage<List<Interaction>> ofDialogue(
        String userId, String dialogueId, int limit) {
      return done(() -> live(byDialogue.get(new Dialogue(userId, dialogueId)), limit));
    }

    @Override
    public CompletionStage<List<Interaction>> ofUser(String userId, int limit) {
      return done(() -> live(byUser.get(userId), limit));
    }

    private List<Interaction> live(@Nullable Set<Begun> index, int limit) {
      if (index == null) {
        return List.of();
      }
      return index.stream()
          .flatMap(begun -> read(begun.interactionId).live().stream())
          .limit(limit)
          .toList();
    }

    @Override
    public CompletionStage<StoredItem.Batch> items(List<ItemKey> keys) {
      return done(() -> {
        Instant now = clock.instant();
        List<StoredItem> found = new ArrayList<>();
        for (ItemKey key : keys) {
          StoredItem item = items.get(key);
          if (item != null && now.isBefore(item.expireTime())) {
            found.add(item);
          }
        }
        return new StoredItem.Batch(found, List.of());
      });
    }

    @Override
    public CompletionStage<Boolean> putDerived(DerivedItem item) {
      return done(() -> {
        String id = item.key().interactionId();
        StoredItem current = items.get(item.key());
        if (read(id).live().isEmpty() || (current != null && current.version() > item.version())) {
          return false;
        }
        items.put(
            item.key(),
            new StoredItem(item.key(), item.version(), item.expireTime(), item.content()));
        dues.add(new Due(item.expireTime(), id));
        return true;
      });
    }

    @Override
    public CompletionStage<Boolean> delete(String userId, String interactionId) {
      return done(() -> {
        if (!(interactions.get(interactionId) instanceof Live live)) {
          return false;
        }
        Interaction interaction = live.interaction();
        if (!interaction.userId().equals(userId)) {
          throw Appended.otherUser();
        }
        boolean isLive = interaction.isLiveAt(clock.instant());
        bury(interaction, isLive ? null : expired(interaction));
        return isLive;
      });
    }
  }

  private final class Catalog implements CatalogLog {
    @Override
    public CompletionStage<Long> version() {
      return done(this::last);
    }

    private long last() {
      if (!catalogEntries.isEmpty()) {
        return catalogEntries.lastKey();
      }
      return catalogSnapshot == null ? 0 : catalogSnapshot.version();
    }

    @Override
    public CompletionStage<Boolean> append(Entry entry) {
      return done(() -> {
        boolean isNext = entry.version() == last() + 1;
        if (isNext) {
          catalogEntries.put(entry.version(), entry);
        }
        return isNext;
      });
    }

    @Override
    public CompletionStage<List<Entry>> read(long afterVersion, int limit) {
      return done(() -> {
        if (catalogSnapshot != null && afterVersion < catalogSnapshot.version()) {
          throw new StoreException(
              StoreException.Kind.COMPACTED,
              "entries up to " + catalogSnapshot.version() + " are in the snapshot");
        }
        return catalogEntries.tailMap(afterVersion, false).values().stream().limit(limit).toList();
      });
    }

    @Override
    public CompletionStage<Boolean> putSnapshot(Entry snapshot) {
      return done(() -> {
        if (catalogSnapshot != null && catalogSnapshot.version() >= snapshot.version()) {
          return false;
        }
        catalogSnapshot = snapshot;
        catalogEntries.headMap(snapshot.version(), true).clear();
        return true;
      });
    }

    @Override
    public CompletionStage<Optional<Entry>> snapshot() {
      return done(() -> Optional.ofNullable(catalogSnapshot));
    }
  }

  private final class Facts implements Settings {
    @Override
    public CompletionStage<Optional<Bytes>> get(String name) {
      return done(() -> Optional.ofNullable(settings.get(name)));
    }

    @Override
    public CompletionStage<Boolean> replace(String name, Optional<Bytes> expected, Bytes value) {
      return done(() -> {
        boolean isExpected = Optional.ofNullable(settings.get(name)).equals(expected);
        if (isExpected) {
          settings.put(name, value);
        }
        return isExpected;
      });
    }
  }

  private final class Records implements SealedRecords {
    @Override
    public CompletionStage<Scan> scan(Table table, String cursor, int limit) {
      return done(() -> {
        List<Sealed> rows = new ArrayList<>();
        switch (table) {
          case PROFILES ->
              profiles.tailMap(cursor, false).values().stream().map(this::row).forEach(rows::add);
          case CONTEXT_ITEMS -> {
            int split = cursor.indexOf('\0');
            ItemKey after =
                split < 0
                    ? new ItemKey("", "")
                    : new ItemKey(cursor.substring(0, split), cursor.substring(split + 1));
            items.tailMap(after, false).values().stream().map(this::row).forEach(rows::add);
          }
          case CATALOG -> {
            long after = cursor.isEmpty() ? -1 : Long.parseLong(cursor);
            if (after < 0 && catalogSnapshot != null) {
              rows.add(snapshotRow(catalogSnapshot));
            }
            catalogEntries.tailMap(after, false).values().stream()
                .map(this::entryRow)
                .forEach(rows::add);
          }
          case INTERACTIONS, SETTINGS -> throw new IllegalArgumentException(table.label());
        }
        List<Sealed> page = rows.subList(0, Math.min(limit, rows.size()));
        return new Scan(
            page, page.size() == rows.size() ? "" : cursorAfter(page.get(page.size() - 1)));
      });
    }

    private static String cursorAfter(Sealed last) {
      return switch (last.key().table()) {
        case CATALOG -> last.key().parts().get(1);
        default -> String.join("\0", last.key().parts());
      };
    }

    private Sealed row(ProfileTable.Row profile) {
      return new Sealed(
          RecordKey.profile(profile.userId()), profile.version(), 0, profile.content());
    }

    private Sealed row(StoredItem item) {
      return new Sealed(
          RecordKey.item(item.key()),
          item.version(),
          item.expireTime().toEpochMilli(),
          item.content());
    }

    private Sealed entryRow(CatalogLog.Entry entry) {
      return new Sealed(
          RecordKey.catalogEntry(entry.version()), entry.version(), 0, entry.content());
    }

    private Sealed snapshotRow(CatalogLog.Entry snapshot) {
      return new Sealed(
          RecordKey.catalogSnapshot(snapshot.version()), snapshot.version(), 0, snapshot.content());
    }

    @Override
    public CompletionStage<Boolean> replace(Sealed row, Bytes content) {
      return done(() -> {
        List<String> parts = row.key().parts();
        return switch (row.key().table()) {
          case PROFILES -> {
            ProfileTable.Row current = profiles.get(parts.get(0));
            boolean isSame = current != null && row(current).equals(row);
            if (isSame) {
              profiles.put(
                  parts.get(0), new ProfileTable.Row(parts.get(0), row.version(), content));
            }
            yield isSame;
          }
          case CONTEXT_ITEMS -> {
            ItemKey key = new ItemKey(parts.get(0), parts.get(1));
            StoredItem current = items.get(key);
            if (current == null || !row(current).equals(row)) {
              yield false;
            }
            items.put(key, new StoredItem(key, row.version(), current.expireTime(), content));
            yield true;
          }
          case CATALOG -> replaceCatalog(row, content);
          case INTERACTIONS, SETTINGS ->
              throw new IllegalArgumentException(row.key().table().label());
        };
      });
    }

    private boolean replaceCatalog(Sealed row, Bytes content) {
      CatalogLog.Entry entry = catalogEntries.get(row.version());
      if (entry != null && entryRow(entry).equals(row)) {
        catalogEntries.put(row.version(), new CatalogLog.Entry(row.version(), content));
        return true;
      }
      if (catalogSnapshot != null && snapshotRow(catalogSnapshot).equals(row)) {
        catalogSnapshot = new CatalogLog.Entry(row.version(), content);
        return true;
      }
      return false;
    }
  }
}
