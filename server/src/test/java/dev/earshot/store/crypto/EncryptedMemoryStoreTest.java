package dev.earshot.store.crypto;

import dev.earshot.store.MemoryStore;
import dev.earshot.store.Retention;
import dev.earshot.store.Store;
import dev.earshot.store.StoreContract;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.ForkJoinPool;

class EncryptedMemoryStoreTest extends StoreContract {
  @Override
  protected Store open(InstantSource clock, Retention retention) {
    return EncryptedStore.open(
        new MemoryStore(clock, retention),
        Keyset.generate(),
        ForkJoinPool.commonPool(),
        new SecureRandom());
  }
}
