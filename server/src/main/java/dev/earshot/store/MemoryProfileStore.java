package dev.earshot.store;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;

/** Keeps profiles in memory, as long as the process lives. */
public final class MemoryProfileStore implements ProfileStore {
  private final ConcurrentSkipListMap<String, Profile> profiles = new ConcurrentSkipListMap<>();

  @Override
  public CompletionStage<Optional<Profile>> get(String userId) {
    return CompletableFuture.completedFuture(Optional.ofNullable(profiles.get(userId)));
  }

  @Override
  public CompletionStage<Boolean> put(Profile profile, long expectedVersion) {
    if (profile.version() != expectedVersion + 1) {
      throw new IllegalArgumentException(
          "version: " + profile.version() + " (expected: " + (expectedVersion + 1) + ")");
    }
    return CompletableFuture.completedFuture(replace(profile, expectedVersion));
  }

  @Override
  public CompletionStage<Boolean> delete(String userId) {
    return CompletableFuture.completedFuture(profiles.remove(userId) != null);
  }

  @Override
  public CompletionStage<List<Profile>> list(String afterUserId, int limit) {
    return CompletableFuture.completedFuture(
        profiles.tailMap(afterUserId, false).values().stream().limit(limit).toList());
  }

  private boolean replace(Profile profile, long expectedVersion) {
    String userId = profile.userId();
    if (expectedVersion == 0) {
      return profiles.putIfAbsent(userId, profile) == null;
    }
    Profile current = profiles.get(userId);
    return current != null
        && current.version() == expectedVersion
        && profiles.replace(userId, current, profile);
  }

  @Override
  public void close() {
    profiles.clear();
  }
}
