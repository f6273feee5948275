package dev.earshot.store.rocksdb;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.StoreException;
import dev.earshot.store.Table;
import dev.earshot.store.rocksdb.RocksDb.Family;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** The catalogue's log: entries under {@code e} and their version, the snapshot under {@code s}. */
final class RocksDbCatalog implements CatalogLog {
  private static final String LOCK = "catalog";
  private static final byte[] SNAPSHOT = {'s'};
  private static final byte[] ENTRIES = {'e'};

  private final RocksDb db;

  RocksDbCatalog(RocksDb db) {
    this.db = db;
  }

  private static byte[] key(long version) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(ENTRIES).putLong(version).array();
  }

  private static Entry entry(byte[] key, byte[] value) {
    return new Entry(ByteBuffer.wrap(key).getLong(1), Bytes.wrap(value));
  }

  @Override
  public CompletionStage<Long> version() {
    return db.read(this::last);
  }

  private long last() throws RocksDBException {
    byte[] last = db.lastKey(Family.CATALOG, ENTRIES);
    if (last != null) {
      return ByteBuffer.wrap(last).getLong(1);
    }
    Entry snapshot = latestSnapshot();
    return snapshot == null ? 0 : snapshot.version();
  }

  @Nullable Entry latestSnapshot() throws RocksDBException {
    byte[] value = db.get(Family.CATALOG, SNAPSHOT);
    return value == null
        ? null
        : new Entry(
            ByteBuffer.wrap(value).getLong(),
            Bytes.wrap(Arrays.copyOfRange(value, Long.BYTES, value.length)));
  }

  @Override
  public CompletionStage<Boolean> append(Entry entry) {
    return db.write(() ->
        db.locked(
            LOCK,
            () -> {
              if (entry.version() != last() + 1) {
                return false;
              }
              try (WriteBatch batch = new WriteBatch()) {
                batch.put(db.handle(Family.CATALOG), key(entry.version()), entry.content().array());
                db.commit(batch, Table.CATALOG);
              }
              return true;
            }));
  }

  @Override
  public CompletionStage<List<Entry>> read(long afterVersion, int limit) {
    return db.read(() -> {
      Entry snapshot = latestSnapshot();
      if (snapshot != null && afterVersion < snapshot.version()) {
        throw new StoreException(
            StoreException.Kind.COMPACTED,
            "entries up to " + snapshot.version() + " are in the snapshot");
      }
      return entries(afterVersion, limit);
    });
  }

  List<Entry> entries(long afterVersion, int limit) throws RocksDBException {
    List<Entry> entries = new ArrayList<>();
    db.visit(
        Family.CATALOG,
        key(afterVersion + 1),
        ENTRIES,
        (key, value) -> {
          entries.add(entry(key, value));
          return entries.size() < limit;
        });
    return entries;
  }

  @Override
  public CompletionStage<Boolean> putSnapshot(Entry snapshot) {
    return db.write(() ->
        db.locked(
            LOCK,
            () -> {
              Entry current = latestSnapshot();
              if (current != null && current.version() >= snapshot.version()) {
                return false;
              }
              try (WriteBatch batch = new WriteBatch()) {
                putSnapshot(batch, snapshot);
                batch.deleteRange(db.handle(Family.CATALOG), key(0), key(snapshot.version() + 1));
                db.commit(batch, Table.CATALOG);
              }
              db.noteRemovedFrom(Family.CATALOG);
              return true;
            }));
  }

  private void putSnapshot(WriteBatch batch, Entry snapshot) throws RocksDBException {
    byte[] value =
        ByteBuffer.allocate(Long.BYTES + snapshot.content().size())
            .putLong(snapshot.version())
            .put(snapshot.content().array())
            .array();
    batch.put(db.handle(Family.CATALOG), SNAPSHOT, value);
  }

  @Override
  public CompletionStage<Optional<Entry>> snapshot() {
    return db.read(() -> Optional.ofNullable(latestSnapshot()));
  }

  /** Writes another content in place of an entry's, if it is still the one given. */
  boolean replaceEntry(Entry entry, Bytes content) throws RocksDBException {
    return db.locked(
        LOCK,
        () -> {
          byte[] current = db.get(Family.CATALOG, key(entry.version()));
          if (current == null || !Bytes.wrap(current).equals(entry.content())) {
            return false;
          }
          try (WriteBatch batch = new WriteBatch()) {
            batch.put(db.handle(Family.CATALOG), key(entry.version()), content.array());
            db.commit(batch, Table.CATALOG);
          }
          return true;
        });
  }

  /** Writes another content in place of the snapshot's, if it is still the one given. */
  boolean replaceSnapshot(Entry snapshot, Bytes content) throws RocksDBException {
    return db.locked(
        LOCK,
        () -> {
          if (!snapshot.equals(latestSnapshot())) {
            return false;
          }
          try (WriteBatch batch = new WriteBatch()) {
            putSnapshot(batch, new Entry(snapshot.version(), content));
            db.commit(batch, Table.CATALOG);
          }
          return true;
        });
  }
}
