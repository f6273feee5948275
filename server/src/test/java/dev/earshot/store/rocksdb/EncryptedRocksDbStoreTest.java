package dev.earshot.store.rocksdb;

import dev.earshot.store.Retention;
import dev.earshot.store.Store;
import dev.earshot.store.StoreContract;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.io.TempDir;

class EncryptedRocksDbStoreTest extends StoreContract {
  @TempDir private Path directory;

  @Override
  protected Store open(InstantSource clock, Retention retention) {
    return EncryptedStore.open(
        RocksDbStore.open(RocksDbOptions.in(directory.resolve("store")), clock, retention),
        Keyset.generate(),
        ForkJoinPool.commonPool(),
        new SecureRandom());
  }
}
