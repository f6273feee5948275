package dev.earshot.store.rocksdb;

import dev.earshot.store.Appended;
import dev.earshot.store.Bytes;
import dev.earshot.store.ContextStore;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionCodec;
import dev.earshot.store.InteractionCodec.Live;
import dev.earshot.store.InteractionCodec.Tombstone;
import dev.earshot.store.InteractionRead;
import dev.earshot.store.InteractionRead.Gone;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.Retention;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoredItem;
import dev.earshot.store.Table;
import dev.earshot.store.rocksdb.RocksDb.Family;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Interactions and their items. A write is one batch: items, entry, indexes. Whatever may expire
 * stands in the expiry index under the time at which to look at it, so that removal reads what is
 * due and nothing else:
 *
 * <pre>
 * family                     key                                          value
 * interactions               interaction                                  entry or tombstone
 * context_items              interaction 0 item                           version, expiry, content
 * interactions_by_user       user 0 ~created interaction                  -
 * interactions_by_dialogue   user 0 dialogue 0 ~created interaction       -
 * expiry                     due interaction                              -
 * </pre>
 */
final class RocksDbContext implements ContextStore {
  private static final byte[] NOTHING = new byte[0];

  /** Families that a removal leaves gaps in. */
  private static final Family[] REMOVED_FROM = {
    Family.INTERACTIONS, Family.ITEMS, Family.BY_USER, Family.BY_DIALOGUE, Family.EXPIRY
  };

  private final RocksDb db;
  private final InstantSource clock;
  private final Retention retention;

  RocksDbContext(RocksDb db, InstantSource clock, Retention retention) {
    this.db = db;
    this.clock = clock;
    this.retention = retention;
  }

  @Override
  public CompletionStage<Interaction> append(InteractionWrite write) {
    return db.write(() -> db.locked(write.interactionId(), () -> appended(write)));
  }

  private Interaction appended(InteractionWrite write) throws RocksDBException {
    Instant now = clock.instant();
    Appended appended = Appended.apply(entry(write.interactionId()), write, now, retention);
    Interaction entry = appended.entry();
    if (appended.changed()) {
      try (WriteBatch batch = new WriteBatch()) {
        for (NewItem item : appended.items()) {
          putItem(
              batch,
              new ItemKey(entry.interactionId(), item.itemId()),
              new Versioned(0, item.expireTime().toEpochMilli(), item.content()));
        }
        batch.put(
            db.handle(Family.INTERACTIONS),
            Keys.of(entry.interactionId()),
            InteractionCodec.encode(entry));
        putDue(batch, entry.expireTime().toEpochMilli(), entry.interactionId());
        if (entry.version() == 1) {
          putIndexes(batch, entry);
        }
        db.commit(batch, Table.INTERACTIONS);
      }
    }
    return entry.withItemsLiveAt(now);
  }

  private void putItem(WriteBatch batch, ItemKey key, Versioned item) throws RocksDBException {
    batch.put(db.handle(Family.ITEMS), Keys.item(key), item.encode());
    putDue(batch, item.expireMillis(), key.interactionId());
  }

  private void putDue(WriteBatch batch, long millis, String interactionId) throws RocksDBException {
    // What has expired already is due now: a sweep does not look further back.
    long due = Math.max(millis, clock.millis());
    batch.put(db.handle(Family.EXPIRY), Keys.due(due, interactionId), NOTHING);
  }

  private void putIndexes(WriteBatch batch, Interaction entry) throws RocksDBException {
    if (!entry.userId().isEmpty()) {
      batch.put(db.handle(Family.BY_USER), byUser(entry), NOTHING);
    }
    if (!entry.dialogueId().isEmpty()) {
      batch.put(db.handle(Family.BY_DIALOGUE), byDialogue(entry), NOTHING);
    }
  }

  private static byte[] byUser(Interaction entry) {
    return Keys.begun(
        Keys.prefix(entry.userId()), entry.createTime().toEpochMilli(), entry.interactionId());
  }

  private static byte[] byDialogue(Interaction entry) {
    return Keys.begun(
        Keys.prefix(entry.userId(), entry.dialogueId()),
        entry.createTime().toEpochMilli(),
        entry.interactionId());
  }

  private InteractionCodec.@Nullable Entry entry(String interactionId) throws RocksDBException {
    byte[] value = db.get(Family.INTERACTIONS, Keys.of(interactionId));
    return value == null ? null : InteractionCodec.decode(interactionId, value);
  }

  @Override
  public CompletionStage<InteractionRead> get(String interactionId) {
    return db.read(() -> find(interactionId));
  }

  private InteractionRead find(String interactionId) throws RocksDBException {
    Instant now = clock.instant();
    InteractionCodec.Entry entry = entry(interactionId);
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
    return db.read(() -> live(Family.BY_DIALOGUE, Keys.prefix(userId, dialogueId), limit));
  }

  @Override
  public CompletionStage<List<Interaction>> ofUser(String userId, int limit) {
    return db.read(() -> live(Family.BY_USER, Keys.prefix(userId), limit));
  }

  private List<Interaction> live(Family index, byte[] prefix, int limit) throws RocksDBException {
    List<Interaction> live = new ArrayList<>();
    for (String interactionId : indexed(index, prefix)) {
      if (live.size() == limit) {
        break;
      }
      find(interactionId).live().ifPresent(live::add);
    }
    return live;
  }

  private List<String> indexed(Family index, byte[] prefix) throws RocksDBException {
    List<String> ids = new ArrayList<>();
    db.visit(index, prefix, (key, value) -> ids.add(Keys.begunInteraction(key, prefix.length)));
    return ids;
  }

  @Override
  public CompletionStage<StoredItem.Batch> items(List<ItemKey> keys) {
    return db.read(() -> {
      long now = clock.millis();
      List<StoredItem> found = new ArrayList<>(keys.size());
      List<ItemKey> unreadable = new ArrayList<>();
      for (ItemKey key : keys) {
        try {
          Versioned item = item(key);
          if (item != null && now < item.expireMillis()) {
            found.add(
                new StoredItem(
                    key,
                    item.version(),
                    Instant.ofEpochMilli(item.expireMillis()),
                    item.content()));
          }
        } catch (StoreException e) {
          unreadable.add(key);
        } catch (RocksDBException e) {
          if (RocksDb.failure(e).kind() != StoreException.Kind.UNREADABLE) {
            throw e;
          }
          unreadable.add(key);
        }
      }
      return new StoredItem.Batch(found, unreadable);
    });
  }

  private @Nullable Versioned item(ItemKey key) throws RocksDBException {
    byte[] value = db.get(Family.ITEMS, Keys.item(key));
    return value == null ? null : Versioned.decode(value);
  }

  @Override
  public CompletionStage<Boolean> putDerived(DerivedItem item) {
    String interactionId = item.key().interactionId();
    return db.write(() ->
        db.locked(
            interactionId,
            () -> {
              Versioned current = item(item.key());
              boolean isStale = current != null && current.version() > item.version();
              if (isStale || find(interactionId).live().isEmpty()) {
                return false;
              }
              try (WriteBatch batch = new WriteBatch()) {
                putItem(
                    batch,
                    item.key(),
                    new Versioned(
                        item.version(), item.expireTime().toEpochMilli(), item.content()));
                db.commit(batch, Table.CONTEXT_ITEMS);
              }
              return true;
            }));
  }

  /** Writes another content in place of an item's, if it is still the one given. */
  boolean replaceItem(ItemKey key, Versioned item, Bytes content) throws RocksDBException {
    return db.locked(
        key.interactionId(),
        () -> {
          if (!item.equals(item(key))) {
            return false;
          }
          try (WriteBatch batch = new WriteBatch()) {
            batch.put(
                db.handle(Family.ITEMS),
                Keys.item(key),
                new Versioned(item.version(), item.expireMillis(), content).encode());
            db.commit(batch, Table.CONTEXT_ITEMS);
          }
          return true;
        });
  }

  @Override
  public CompletionStage<Boolean> delete(String userId, String interactionId) {
    return db.remove(() ->
        db.locked(
            interactionId,
            () -> {
              if (!(entry(interactionId) instanceof Live live)) {
                return false;
              }
              Interaction interaction = live.interaction();
              if (!interaction.userId().equals(userId)) {
                throw Appended.otherUser();
              }
              boolean isLive = interaction.isLiveAt(clock.instant());
              try (WriteBatch batch = new WriteBatch()) {
                bury(batch, interaction, isLive ? null : expired(interaction));
                db.commitSynced(batch);
                db.noteRemovedFrom(REMOVED_FROM);
              }
              return isLive;
            }));
  }

  /** Removes a user's interactions and returns how many of them were live. */
  long deleteOf(String userId) throws RocksDBException {
    long live = 0;
    for (String interactionId : indexed(Family.BY_USER, Keys.prefix(userId))) {
      live += db.<Boolean>locked(interactionId, () -> deleteWithUser(interactionId)) ? 1 : 0;
    }
    return live;
  }

  private boolean deleteWithUser(String interactionId) throws RocksDBException {
    if (!(entry(interactionId) instanceof Live live)) {
      return false;
    }
    Instant now = clock.instant();
    Interaction interaction = live.interaction();
    boolean isLive = interaction.isLiveAt(now);
    try (WriteBatch batch = new WriteBatch()) {
      bury(
          batch,
          interaction,
          isLive
              ? new Tombstone(Gone.USER_DELETED, now.plus(retention.maxAge()))
              : expired(interaction));
      db.commitSynced(batch);
      db.noteRemovedFrom(REMOVED_FROM);
    }
    return isLive;
  }

  private Tombstone expired(Interaction interaction) {
    return new Tombstone(Gone.EXPIRED, interaction.expireTime().plus(retention.maxAge()));
  }

  /**
   * Removes all of an interaction, and remembers of it what the tombstone says.
   *
   * @return how many items there were
   */
  private long bury(WriteBatch batch, Interaction interaction, @Nullable Tombstone tombstone)
      throws RocksDBException {
    String id = interaction.interactionId();
    batch.delete(db.handle(Family.BY_USER), byUser(interaction));
    batch.delete(db.handle(Family.BY_DIALOGUE), byDialogue(interaction));
    if (tombstone == null) {
      batch.delete(db.handle(Family.INTERACTIONS), Keys.of(id));
    } else {
      batch.put(
          db.handle(Family.INTERACTIONS), Keys.of(id), InteractionCodec.encode(id, tombstone));
      putDue(batch, tombstone.until().toEpochMilli(), id);
    }
    return deleteItems(batch, id, Long.MAX_VALUE);
  }

  /** Removes the items of an interaction that have expired by a time; returns how many. */
  private long deleteItems(WriteBatch batch, String interactionId, long byMillis)
      throws RocksDBException {
    List<byte[]> keys = new ArrayList<>();
    db.visit(
        Family.ITEMS,
        Keys.prefix(interactionId),
        (key, value) -> {
          if (Versioned.decode(value).expireMillis() <= byMillis) {
            keys.add(key);
          }
          return true;
        });
    for (byte[] key : keys) {
      batch.delete(db.handle(Family.ITEMS), key);
    }
    return keys.size();
  }

  /**
   * Removes of an interaction what has expired, if something has.
   *
   * @return how many interactions and items
   */
  long removeExpiredOf(String interactionId) throws RocksDBException {
    return db.locked(
        interactionId,
        () -> {
          Instant now = clock.instant();
          long removed = 0;
          try (WriteBatch batch = new WriteBatch()) {
            InteractionCodec.Entry entry = entry(interactionId);
            if (entry instanceof Live live && !live.interaction().isLiveAt(now)) {
              removed = 1 + bury(batch, live.interaction(), expired(live.interaction()));
            } else {
              if (entry instanceof Tombstone tombstone && !now.isBefore(tombstone.until())) {
                batch.delete(db.handle(Family.INTERACTIONS), Keys.of(interactionId));
              }
              removed = deleteItems(batch, interactionId, now.toEpochMilli());
            }
            if (batch.count() > 0) {
              db.commitUnsynced(batch);
              db.noteRemovedFrom(REMOVED_FROM);
            }
          }
          return removed;
        });
  }
}
