package dev.earshot.store;

import java.time.InstantSource;

class MemoryStoreTest extends StoreContract {
  @Override
  protected Store open(InstantSource clock, Retention retention) {
    return new MemoryStore(clock, retention);
  }
}
