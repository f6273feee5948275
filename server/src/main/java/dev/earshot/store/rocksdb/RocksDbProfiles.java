package dev.earshot.store.rocksdb;

import dev.earshot.store.Bytes;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Table;
import dev.earshot.store.rocksdb.RocksDb.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Profiles: under the user's id, the version in front of the content. */
final class RocksDbProfiles implements ProfileTable {
  /** A page ends after so many bytes, whatever its limit. */
  private static final int PAGE_BYTES = 4 << 20;

  private final RocksDb db;

  RocksDbProfiles(RocksDb db) {
    this.db = db;
  }

  @Override
  public CompletionStage<Optional<Row>> get(String userId) {
    return db.read(() -> Optional.ofNullable(find(userId)));
  }

  private @Nullable Row find(String userId) throws RocksDBException {
    byte[] value = db.get(Family.PROFILES, Keys.of(userId));
    return value == null ? null : row(userId, value);
  }

  private static Row row(String userId, byte[] value) {
    Versioned versioned = Versioned.decode(value);
    return new Row(userId, versioned.version(), versioned.content());
  }

  @Override
  public CompletionStage<Boolean> put(Row row, long expectedVersion) {
    return db.write(() ->
        db.locked(
            row.userId(),
            () -> {
              Row current = find(row.userId());
              if ((current == null ? 0 : current.version()) != expectedVersion) {
                return false;
              }
              write(row);
              return true;
            }));
  }

  private void write(Row row) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      batch.put(
          db.handle(Family.PROFILES),
          Keys.of(row.userId()),
          new Versioned(row.version(), 0, row.content()).encode());
      db.commit(batch, Table.PROFILES);
    }
  }

  /** Writes another content under the same version, if the row is still the one given. */
  boolean replace(Row row, Bytes content) throws RocksDBException {
    return db.locked(
        row.userId(),
        () -> {
          boolean isSame = row.equals(find(row.userId()));
          if (isSame) {
            write(new Row(row.userId(), row.version(), content));
          }
          return isSame;
        });
  }

  @Override
  public CompletionStage<Boolean> delete(String userId) {
    return db.remove(() -> remove(userId));
  }

  /** Removes a profile; false if there was none. */
  boolean remove(String userId) throws RocksDBException {
    return db.locked(
        userId,
        () -> {
          if (db.get(Family.PROFILES, Keys.of(userId)) == null) {
            return false;
          }
          try (WriteBatch batch = new WriteBatch()) {
            batch.delete(db.handle(Family.PROFILES), Keys.of(userId));
            db.commitSynced(batch);
          }
          db.noteRemovedFrom(Family.PROFILES);
          return true;
        });
  }

  @Override
  public CompletionStage<Page> list(String afterUserId, int limit) {
    return db.read(() -> {
      List<Row> rows = new ArrayList<>();
      int[] bytes = {0};
      boolean[] more = {false};
      db.visit(
          Family.PROFILES,
          Keys.of(afterUserId),
          new byte[0],
          (key, value) -> {
            String userId = Keys.string(key);
            if (userId.equals(afterUserId)) {
              return true;
            }
            if (rows.size() == limit || bytes[0] > PAGE_BYTES) {
              more[0] = true;
              return false;
            }
            bytes[0] += value.length;
            rows.add(row(userId, value));
            return true;
          });
      return new Page(rows, more[0]);
    });
  }
}
