package dev.earshot.store.rocksdb;

import dev.earshot.store.Retention;
import dev.earshot.store.Store;
import dev.earshot.store.StoreContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

class RocksDbStoreTest extends StoreContract {
  @TempDir private Path directory;

  @Override
  protected Store open(InstantSource clock, Retention retention) {
    return RocksDbStore.open(RocksDbOptions.in(directory.resolve("store")), clock, retention);
  }
}
