package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.store.MemoryStore;
import dev.earshot.store.Profile;
import dev.earshot.store.Retention;
import dev.earshot.store.StoredProfiles;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class FaultyStoreTest {
  private final FaultyStore store =
      new FaultyStore(
          new StoredProfiles(
              new MemoryStore(InstantSource.system(), Retention.DEFAULT).profiles()));

  @Test
  void answersWhatHungWhenItComesBack() {
    Profile ada = new Profile("ada", List.of("skill"), List.of(), List.of(), 1, Instant.EPOCH);
    assertThat(store.put(ada, 0).toCompletableFuture()).isCompletedWithValue(true);

    store.become(FaultyStore.State.HUNG);
    CompletableFuture<Optional<Profile>> read = store.get("ada").toCompletableFuture();
    assertThat(read).isNotDone();

    store.become(FaultyStore.State.HEALTHY);
    assertThat(read).isCompletedWithValue(Optional.of(ada));
  }

  @Test
  void failsWhileItIsMadeToFail() {
    store.become(FaultyStore.State.FAILING);
    assertThat(store.get("ada").toCompletableFuture()).isCompletedExceptionally();
    store.become(FaultyStore.State.HEALTHY);
    assertThat(store.get("ada").toCompletableFuture()).isCompletedWithValue(Optional.empty());
  }
}
