package dev.earshot.perf;

import dev.earshot.store.Profile;
import dev.earshot.store.ProfileStore;
import dev.earshot.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A profile store whose reads can be made to hang or to fail, and to come back. Reads that hung are
 * answered when it comes back. Thread-safe.
 */
final class FaultyStore implements ProfileStore {
  private final ProfileStore store;

  /** Reads that hang. Guarded by this. */
  private final List<Runnable> hanging = new ArrayList<>();

  private volatile State state = State.HEALTHY;

  /** How reads fare. */
  enum State {
    HEALTHY,
    HUNG,
    FAILING
  }

  FaultyStore(ProfileStore store) {
    this.store = store;
  }

  void become(State next) {
    List<Runnable> freed;
    synchronized (this) {
      state = next;
      if (next == State.HUNG) {
        return;
      }
      freed = List.copyOf(hanging);
      hanging.clear();
    }
    freed.forEach(Runnable::run);
  }

  @Override
  public CompletionStage<Optional<Profile>> get(String userId) {
    return read(() -> store.get(userId));
  }

  @Override
  public CompletionStage<List<Profile>> list(String afterUserId, int limit) {
    return read(() -> store.list(afterUserId, limit));
  }

  private <T> CompletionStage<T> read(Supplier<CompletionStage<T>> read) {
    if (state == State.HEALTHY) {
      return read.get();
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    synchronized (this) {
      if (state == State.HUNG) {
        hanging.add(() -> complete(answer, read));
        return answer;
      }
    }
    complete(answer, read);
    return answer;
  }

  private <T> void complete(CompletableFuture<T> answer, Supplier<CompletionStage<T>> read) {
    if (state == State.FAILING) {
      answer.completeExceptionally(new StoreException("made to fail"));
      return;
    }
    read.get()
        .whenComplete((value, failure) -> {
          if (failure == null) {
            answer.complete(value);
          } else {
            answer.completeExceptionally(failure);
          }
        });
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
  public void close() {
    store.close();
  }
}
