package dev.earshot.shortlist;

import com.github.benmanes.caffeine.cache.AsyncCacheLoader;
import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.deadline.Ticker;
import dev.earshot.model.ShortlistModel;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.store.Profile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Users' summaries against one bundle, kept in a cache that is bounded by bytes. A summary is
 * loaded once however many requests wait for it, read anew in the background once it is used and
 * has reached an age, and dropped when the profile changes. A profile that comes too late for the
 * request that wanted it is kept for the next one.
 *
 * <p>Thread-safe; no method blocks but {@link #warm}.
 */
public final class UserSummaries implements AutoCloseable {
  private static final Duration FOUND_LIVES = Duration.ofMinutes(10);

  /** Another server may have written the profile. */
  private static final Duration FRESH = Duration.ofMinutes(1);

  private static final Duration NOT_FOUND_LIVES = Duration.ofSeconds(5);

  /** Users share a count of changes; who shares one only loses a late profile now and then. */
  private static final int CHANGE_COUNTS = 1 << 10;

  private static final int WARMED_AT_A_TIME = 32;

  private final AsyncLoadingCache<String, UserSummary> summaries;
  private final ProfileReads reads;
  private final ShortlistModel model;
  private final Runnable unsubscribe;
  private final AtomicLongArray changes = new AtomicLongArray(CHANGE_COUNTS);

  /**
   * Begins with none.
   *
   * @param profiles say when a profile changes
   * @param maxBytes what the summaries may take, keys included
   * @param stats counts hits, misses, loads and evictions
   */
  public UserSummaries(
      Profiles profiles,
      ProfileReads reads,
      ShortlistModel model,
      long maxBytes,
      Ticker ticker,
      StatsCounter stats) {
    this.reads = reads;
    this.model = model;
    this.summaries =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher(
                (String userId, UserSummary summary) -> 2 * userId.length() + summary.memoryBytes())
            .expireAfter(Expiry.<String, UserSummary>writing((userId, summary) -> lifeOf(summary)))
            .refreshAfterWrite(FRESH)
            .ticker(ticker::nanoTime)
            .recordStats(() -> stats)
            // A failed or finished load is handled where the store completed it: no hop.
            .executor(Runnable::run)
            .buildAsync(new Loader());
    unsubscribe = profiles.onChange(this::changed);
  }

  private static Duration lifeOf(UserSummary summary) {
    return switch (summary.status()) {
      case FOUND -> FOUND_LIVES;
      case NOT_FOUND -> NOT_FOUND_LIVES;
      case FAILED -> Duration.ZERO;
    };
  }

  /** A user's summary: done at once if it is in the cache. Never fails. */
  CompletableFuture<UserSummary> get(String userId) {
    return summaries.get(userId);
  }

  /** Bytes that the summaries take, keys included. */
  public long weightBytes() {
    return summaries
        .synchronous()
        .policy()
        .eviction()
        .map(eviction -> eviction.weightedSize().orElse(0))
        .orElse(0L);
  }

  /** How many users there are summaries of. */
  public long count() {
    return summaries.synchronous().estimatedSize();
  }

  /**
   * Loads the summaries of the users that another bundle's are used for most, the most used first;
   * waits for them, but not longer than a time.
   */
  void warm(UserSummaries used, int most, Duration atMost) throws InterruptedException {
    List<String> users =
        used.summaries
            .synchronous()
            .policy()
            .eviction()
            .map(eviction -> List.copyOf(eviction.hottest(most).keySet()))
            .orElse(List.of());
    long end = System.nanoTime() + atMost.toNanos();
    for (int from = 0; from < users.size(); from += WARMED_AT_A_TIME) {
      List<CompletableFuture<UserSummary>> loads = new ArrayList<>();
      for (String user : users.subList(from, Math.min(users.size(), from + WARMED_AT_A_TIME))) {
        loads.add(get(user));
      }
      try {
        CompletableFuture.allOf(loads.toArray(CompletableFuture[]::new))
            .get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (ExecutionException | TimeoutException e) {
        // The rest is loaded when it is wanted.
        return;
      }
    }
  }

  /** Forgets all summaries, and hears of no more changes. */
  @Override
  public void close() {
    unsubscribe.run();
    summaries.synchronous().invalidateAll();
  }

  private void changed(String userId) {
    changes.incrementAndGet(changeCount(userId));
    // Also drops a load that goes on: it may have read what was there before.
    summaries.synchronous().invalidate(userId);
  }

  private static int changeCount(String userId) {
    return userId.hashCode() & (CHANGE_COUNTS - 1);
  }

  private final class Loader implements AsyncCacheLoader<String, UserSummary> {
    @Override
    public CompletableFuture<UserSummary> asyncLoad(String userId, Executor executor) {
      long changesBefore = changes.get(changeCount(userId));
      return reads
          .read(userId)
          .handle((profile, failure) -> {
            if (failure == null) {
              return summarize(profile);
            }
            if (failure instanceof ProfileReads.Late late) {
              late.profile().thenAccept(found -> keepLate(userId, found, changesBefore));
            }
            // Not a failed future: the cache would log it, with its stack, for each request.
            return UserSummary.FAILED;
          });
    }

    @Override
    public CompletableFuture<UserSummary> asyncReload(
        String userId, UserSummary old, Executor executor) {
      return asyncLoad(userId, executor)
          .thenApply(fresh -> fresh.status() == UserSummary.Status.FAILED ? old : fresh);
    }
  }

  /** Keeps a profile that came too late, unless it has changed since it was asked for. */
  private void keepLate(String userId, Optional<Profile> profile, long changesBefore) {
    int count = changeCount(userId);
    if (changes.get(count) != changesBefore) {
      return;
    }
    CompletableFuture<UserSummary> summary = CompletableFuture.completedFuture(summarize(profile));
    boolean kept = summaries.asMap().putIfAbsent(userId, summary) == null;
    if (kept && changes.get(count) != changesBefore) {
      summaries.asMap().remove(userId, summary);
    }
  }

  private UserSummary summarize(Optional<Profile> profile) {
    if (profile.isEmpty()) {
      return UserSummary.NOT_FOUND;
    }
    int[] rows = knownRows(profile.get().enabledSkillIds());
    return new UserSummary(UserSummary.Status.FOUND, model.enabledSkills(rows));
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
