package dev.earshot.store.rocksdb;

import dev.earshot.store.Bytes;
import dev.earshot.store.Settings;
import dev.earshot.store.rocksdb.RocksDb.Family;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Settings, by their names. */
final class RocksDbSettings implements Settings {
  private static final String LOCK = "settings";

  private final RocksDb db;

  RocksDbSettings(RocksDb db) {
    this.db = db;
  }

  @Override
  public CompletionStage<Optional<Bytes>> get(String name) {
    return db.read(() -> find(name));
  }

  private Optional<Bytes> find(String name) throws RocksDBException {
    return Optional.ofNullable(db.get(Family.SETTINGS, Keys.of(name))).map(Bytes::wrap);
  }

  @Override
  public CompletionStage<Boolean> replace(String name, Optional<Bytes> expected, Bytes value) {
    return db.write(() ->
        db.locked(
            LOCK,
            () -> {
              if (!find(name).equals(expected)) {
                return false;
              }
              try (WriteBatch batch = new WriteBatch()) {
                batch.put(db.handle(Family.SETTINGS), Keys.of(name), value.array());
                db.commitSynced(batch);
              }
              return true;
            }));
  }
}
