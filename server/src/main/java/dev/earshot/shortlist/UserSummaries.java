package dev.earshot.shortlist;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.earshot.model.ShortlistModel;
import dev.earshot.profile.Profiles;
import dev.earshot.store.Profile;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Users' summaries against one bundle, kept in a cache that is bounded by bytes. A summary is
 * loaded once however many requests wait for it, and dropped when the profile changes.
 *
 * <p>Thread-safe; no method blocks.
 */
public final class UserSummaries implements AutoCloseable {
  private static final Duration FOUND_LIVES = Duration.ofMinutes(10);
  private static final Duration NOT_FOUND_LIVES = Duration.ofSeconds(5);

  private final AsyncLoadingCache<String, UserSummary> summaries;
  private final ShortlistModel model;

  /**
   * @param maxBytes what the summaries may take, keys included
   */
  public UserSummaries(Profiles profiles, ShortlistModel model, long maxBytes) {
    this.model = model;
    this.summaries =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher(
                (String userId, UserSummary summary) -> 2 * userId.length() + summary.memoryBytes())
            .expireAfter(
                Expiry.<String, UserSummary>writing(
                    (userId, summary) -> summary.found() ? FOUND_LIVES : NOT_FOUND_LIVES))
            // A failed or finished load is handled where the store completed it: no hop.
            .executor(Runnable::run)
            .buildAsync((userId, executor) ->
                profiles.get(userId).thenApply(this::summarize).toCompletableFuture());
    profiles.onChange(userId -> summaries.synchronous().invalidate(userId));
  }

  /** A user's summary: done at once if it is in the cache. */
  CompletableFuture<UserSummary> get(String userId) {
    return summaries.get(userId);
  }

  /** Forgets all summaries. */
  @Override
  public void close() {
    summaries.synchronous().invalidateAll();
  }

  private UserSummary summarize(Optional<Profile> profile) {
    if (profile.isEmpty()) {
      return UserSummary.NOT_FOUND;
    }
    int[] rows = knownRows(profile.get().enabledSkillIds());
    return new UserSummary(true, model.enabledSkills(rows));
  }

  /** The rows of the skills that the bundle knows, ascending, each once. */
  private int[] knownRows(List<String> skillIds) {
    int[] rows = new int[skillIds.size()];
    int known = 0;
    for (String skillId : skillIds) {
      int row = model.skills().row(skillId);
      if (row >= 0) {
        rows[known++] = row;
      }
    }
    Arrays.sort(rows, 0, known);
    int distinct = 0;
    for (int i = 0; i < known; i++) {
      if (i == 0 || rows[i] != rows[i - 1]) {
        rows[distinct++] = rows[i];
      }
    }
    return Arrays.copyOf(rows, distinct);
  }
}
