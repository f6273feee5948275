package dev.earshot.profile;

import dev.earshot.store.Profile;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.Preference;
import dev.earshot.store.Profile.UserList;
import dev.earshot.store.ProfileStore;
import dev.earshot.store.StoreException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads and changes profiles. A change is read, applied and written under the condition that nobody
 * wrote in between; without an etag of the caller's a lost race is run again.
 *
 * <p>Thread-safe; no method blocks. Stages fail with {@link ProfileException} for what the caller
 * can act upon, with {@link dev.earshot.store.StoreException} where the store failed.
 */
public final class Profiles {
  /** The most enabled skills of a profile. */
  public static final int MAX_ENABLED = 2_000;

  /** The most lists of a profile. */
  public static final int MAX_LISTS = 32;

  /** The most entries of a list. */
  public static final int MAX_ENTRIES = 10_000;

  /** The most preferences of a profile. */
  public static final int MAX_PREFERENCES = 256;

  private static final int MAX_RACES = 16;

  private final ProfileStore store;
  private final InstantSource clock;
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

  public Profiles(ProfileStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * Calls the listener with the user's id after each write, before the write is answered.
   *
   * @return ends that
   */
  public Runnable onChange(Consumer<String> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  public CompletionStage<Optional<Profile>> get(String userId) {
    return store.get(userId);
  }

  /** Profiles in the order of their users' ids, after one. */
  public CompletionStage<List<Profile>> list(String afterUserId, int limit) {
    return store.list(afterUserId, limit);
  }

  /**
   * What to replace, each part as a whole; a part that is null stays.
   *
   * @param enabledSkillIds duplicates are dropped
   */
  public record Update(
      @Nullable List<String> enabledSkillIds,
      @Nullable List<UserList> lists,
      @Nullable List<Preference> preferences) {}

  /**
   * On what a write depends.
   *
   * @param etag of the profile as last read; empty: on nothing
   * @param allowMissing whether to make the profile where there is none
   */
  public record Condition(String etag, boolean allowMissing) {}

  public CompletionStage<Profile> update(String userId, Update update, Condition condition) {
    return change(
        userId,
        condition,
        profile ->
            with(
                profile,
                update.enabledSkillIds == null
                    ? profile.enabledSkillIds()
                    : List.copyOf(new LinkedHashSet<>(update.enabledSkillIds)),
                update.lists == null ? profile.lists() : update.lists,
                update.preferences == null ? profile.preferences() : update.preferences));
  }

  public CompletionStage<Profile> enable(
      String userId, Collection<String> skillIds, Condition condition) {
    return change(
        userId,
        condition,
        profile -> {
          Set<String> enabled = new LinkedHashSet<>(profile.enabledSkillIds());
          enabled.addAll(skillIds);
          return with(profile, List.copyOf(enabled), profile.lists(), profile.preferences());
        });
  }

  public CompletionStage<Profile> disable(
      String userId, Collection<String> skillIds, Condition condition) {
    return change(
        userId,
        condition,
        profile -> {
          Set<String> enabled = new LinkedHashSet<>(profile.enabledSkillIds());
          enabled.removeAll(Set.copyOf(skillIds));
          return with(profile, List.copyOf(enabled), profile.lists(), profile.preferences());
        });
  }

  /**
   * Adds entries to the list of a type and removes others, by their texts. An added entry replaces
   * one of the same text in its place; a list is made with its first entry and goes with its last.
   */
  public CompletionStage<Profile> updateList(
      String userId,
      String type,
      List<Entry> added,
      Collection<String> removedTexts,
      Condition condition) {
    return change(
        userId,
        condition,
        profile -> {
          Map<String, UserList> lists = new LinkedHashMap<>();
          profile.lists().forEach(list -> lists.put(list.type(), list));
          Map<String, Entry> entries = new LinkedHashMap<>();
          UserList current = lists.get(type);
          if (current != null) {
            current.entries().forEach(entry -> entries.put(entry.text(), entry));
          }
          removedTexts.forEach(entries::remove);
          added.forEach(entry -> entries.put(entry.text(), entry));
          if (entries.isEmpty()) {
            lists.remove(type);
          } else {
            lists.put(type, new UserList(type, new ArrayList<>(entries.values())));
          }
          return with(
              profile,
              profile.enabledSkillIds(),
              new ArrayList<>(lists.values()),
              profile.preferences());
        });
  }

  /**
   * The etag of a profile as it stands. With the time of the write in it, a profile that was
   * deleted and made anew does not match what was read before.
   */
  public static String etag(Profile profile) {
    return Long.toString(profile.version(), Character.MAX_RADIX)
        + "."
        + Long.toString(profile.updateTime().toEpochMilli(), Character.MAX_RADIX);
  }

  private CompletionStage<Profile> change(
      String userId, Condition condition, UnaryOperator<Profile> change) {
    return attempt(userId, condition, change, MAX_RACES);
  }

  private CompletionStage<Profile> attempt(
      String userId, Condition condition, UnaryOperator<Profile> change, int triesLeft) {
    return store
        .get(userId)
        .thenCompose(found -> {
          Profile current =
              found.orElseGet(
                  () -> new Profile(userId, List.of(), List.of(), List.of(), 0, clock.instant()));
          boolean isStale =
              !condition.etag.isEmpty()
                  && (found.isEmpty() || !condition.etag.equals(etag(current)));
          if (isStale) {
            return failed(ProfileException.Problem.STALE_ETAG, "etag: not the current one");
          }
          if (found.isEmpty() && !condition.allowMissing) {
            return failed(ProfileException.Problem.NOT_FOUND, "no profile of that user");
          }
          Profile changed = change.apply(current);
          String full = firstLimitPassed(changed);
          if (full != null) {
            return failed(ProfileException.Problem.FULL, full);
          }
          return store
              .put(changed, current.version())
              .exceptionallyCompose(Profiles::asFull)
              .thenCompose(written -> {
                if (written) {
                  changed(userId);
                  return CompletableFuture.completedFuture(changed);
                }
                if (!condition.etag.isEmpty() || triesLeft == 0) {
                  return failed(ProfileException.Problem.STALE_ETAG, "etag: not the current one");
                }
                return attempt(userId, condition, change, triesLeft - 1);
              });
        });
  }

  private Profile with(
      Profile profile,
      List<String> enabledSkillIds,
      List<UserList> lists,
      List<Preference> preferences) {
    return new Profile(
        profile.userId(),
        enabledSkillIds,
        lists,
        preferences,
        profile.version() + 1,
        clock.instant());
  }

  private static @Nullable String firstLimitPassed(Profile profile) {
    if (profile.enabledSkillIds().size() > MAX_ENABLED) {
      return passed("enabled_skill_ids", profile.enabledSkillIds().size(), MAX_ENABLED);
    }
    if (profile.lists().size() > MAX_LISTS) {
      return passed("lists", profile.lists().size(), MAX_LISTS);
    }
    for (UserList list : profile.lists()) {
      if (list.entries().size() > MAX_ENTRIES) {
        return passed("lists.entries", list.entries().size(), MAX_ENTRIES);
      }
    }
    if (profile.preferences().size() > MAX_PREFERENCES) {
      return passed("preferences", profile.preferences().size(), MAX_PREFERENCES);
    }
    return null;
  }

  private static String passed(String field, int size, int limit) {
    return field + ": " + size + " (expected: <= " + limit + ")";
  }

  /** What the store takes in one value is a limit like the others. */
  private static CompletionStage<Boolean> asFull(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof StoreException problem
            && problem.kind() == StoreException.Kind.TOO_LARGE
        ? failed(ProfileException.Problem.FULL, problem.getMessage())
        : CompletableFuture.failedStage(cause);
  }

  private static <T> CompletionStage<T> failed(ProfileException.Problem problem, String message) {
    return CompletableFuture.failedStage(new ProfileException(problem, message));
  }

  /** Tells those who keep something that was made from the profile. */
  void changed(String userId) {
    listeners.forEach(listener -> listener.accept(userId));
  }
}
