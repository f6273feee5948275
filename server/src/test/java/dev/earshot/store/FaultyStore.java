package dev.earshot.store;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A store in memory whose reads do what a test wants them to. */
public final class FaultyStore implements ProfileStore {
  private final ProfileStore store =
      new StoredProfiles(new MemoryStore(InstantSource.system(), Retention.DEFAULT).profiles());
  private final AtomicInteger reads = new AtomicInteger();
  private volatile Function<String, CompletionStage<Optional<Profile>>> read = store::get;

  /** From now on, reads do this. */
  public void reads(Function<String, CompletionStage<Optional<Profile>>> behaviour) {
    read = behaviour;
  }

  /** What is stored, whatever reads do. */
  public CompletionStage<Optional<Profile>> stored(String userId) {
    return store.get(userId);
  }

  /** How often it was read. */
  public int readCount() {
    return reads.get();
  }

  @Override
  public CompletionStage<Optional<Profile>> get(String userId) {
    reads.incrementAndGet();
    return read.apply(userId);
  }

  @Override
  public CompletionStage<Boolean> put(Profile profile, long expectedVersion) {
    return store.put(profile, expectedVersion);
  }

  @Override
  public CompletionStage<Boolean> delete(String userId) {
    return store.delete(userId);
  }

  @Override
  public CompletionStage<List<Profile>> list(String afterUserId, int limit) {
    return store.list(afterUserId, limit);
  }

  @Override
  public void close() {
    store.close();
  }
}
