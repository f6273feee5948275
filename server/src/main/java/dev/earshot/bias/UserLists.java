package dev.earshot.bias;

import com.github.benmanes.caffeine.cache.AsyncCacheLoader;
import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.deadline.Ticker;
import dev.earshot.phrase.ListedPhrases;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.store.Profile;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Users' lists as phrases, kept in a cache that is bounded by bytes: read and cut into words once
 * for a profile, dropped when it changes.
 *
 * <p>Thread-safe; no method blocks.
 */
public final class UserLists implements AutoCloseable {
  private static final Duration FOUND_LIVES = Duration.ofMinutes(10);

  /** Another server may have written the profile. */
  private static final Duration FRESH = Duration.ofMinutes(1);

  private static final Duration NOT_FOUND_LIVES = Duration.ofSeconds(5);

  /** Cut into words in some tens of microseconds, so that it may be done on an event loop. */
  private static final int FEW_ENTRIES = 10;

  private final AsyncLoadingCache<String, Lists> lists;
  private final ProfileReads reads;
  private final PhraseMaker maker;
  private final Executor background;
  private final Runnable unsubscribe;

  /**
   * Begins with none.
   *
   * @param profiles say when a profile changes
   * @param background cuts long lists into words: stores complete on threads that must not be held
   * @param maxBytes what the lists may take
   * @param stats counts hits, misses, loads and evictions
   */
  public UserLists(
      Profiles profiles,
      ProfileReads reads,
      PhraseMaker maker,
      Executor background,
      long maxBytes,
      Ticker ticker,
      StatsCounter stats) {
    this.reads = reads;
    this.maker = maker;
    this.background = background;
    this.lists =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher(
                (String userId, Lists of) -> 2 * userId.length() + 64 + of.phrases.memoryBytes())
            .expireAfter(Expiry.<String, Lists>writing((userId, of) -> lifeOf(of)))
            .refreshAfterWrite(FRESH)
            .ticker(ticker::nanoTime)
            .recordStats(() -> stats)
            .executor(Runnable::run)
            .buildAsync(new Loader());
    unsubscribe = profiles.onChange(userId -> lists.synchronous().invalidate(userId));
  }

  private static Duration lifeOf(Lists of) {
    return switch (of.status) {
      case FOUND -> FOUND_LIVES;
      case NOT_FOUND -> NOT_FOUND_LIVES;
      case FAILED -> Duration.ZERO;
    };
  }

  /**
   * A user's lists.
   *
   * @param version of the profile; 0: there is none
   */
  record Lists(Status status, long version, ListedPhrases phrases) {
    static final Lists NONE = new Lists(Status.NOT_FOUND, 0, ListedPhrases.NONE);
    static final Lists FAILED = new Lists(Status.FAILED, 0, ListedPhrases.NONE);

    /** How the profile was read. */
    enum Status {
      FOUND,
      NOT_FOUND,
      FAILED
    }
  }

  /** A user's lists: done at once if they are in the cache. Never fails. */
  CompletableFuture<Lists> get(String userId) {
    return lists.get(userId);
  }

  /** Bytes that the lists take. */
  public long weightBytes() {
    return lists
        .synchronous()
        .policy()
        .eviction()
        .map(eviction -> eviction.weightedSize().orElse(0))
        .orElse(0L);
  }

  @Override
  public void close() {
    unsubscribe.run();
    lists.synchronous().invalidateAll();
  }

  private final class Loader implements AsyncCacheLoader<String, Lists> {
    @Override
    public CompletableFuture<Lists> asyncLoad(String userId, Executor executor) {
      return load(userId, Lists.NONE);
    }

    @Override
    public CompletableFuture<Lists> asyncReload(String userId, Lists old, Executor executor) {
      return load(userId, old)
          .thenApply(fresh -> fresh.status == Lists.Status.FAILED ? old : fresh);
    }

    private CompletableFuture<Lists> load(String userId, Lists known) {
      // Not a failed future: the cache would log it, with its stack, for each request.
      return reads
          .read(userId)
          .handle((profile, failure) -> failure == null ? of(profile, known) : failed())
          .thenCompose(lists -> lists);
    }
  }

  /** The lists of a profile; cut into words only if they are not those that are known. */
  private CompletableFuture<Lists> of(Optional<Profile> profile, Lists known) {
    if (profile.isEmpty()) {
      return CompletableFuture.completedFuture(Lists.NONE);
    }
    Profile found = profile.get();
    if (known.status == Lists.Status.FOUND && found.version() == known.version) {
      return CompletableFuture.completedFuture(known);
    }
    int entries = found.lists().stream().mapToInt(list -> list.entries().size()).sum();
    return entries <= FEW_ENTRIES
        ? CompletableFuture.completedFuture(prepared(found))
        : CompletableFuture.supplyAsync(() -> prepared(found), background);
  }

  private static CompletableFuture<Lists> failed() {
    return CompletableFuture.completedFuture(Lists.FAILED);
  }

  private Lists prepared(Profile profile) {
    return new Lists(Lists.Status.FOUND, profile.version(), maker.prepare(profile.lists()));
  }
}
