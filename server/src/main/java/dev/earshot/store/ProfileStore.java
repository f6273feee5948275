package dev.earshot.store;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Keeps profiles. Thread-safe; no method blocks its caller. A stage that fails does so with {@link
 * StoreException}.
 */
public interface ProfileStore extends AutoCloseable {
  CompletionStage<Optional<Profile>> get(String userId);

  /**
   * Writes a profile if nobody else has since.
   *
   * @param profile with the version that it shall have: one more than {@code expectedVersion}
   * @param expectedVersion of the profile that it replaces; 0: there is none
   * @return false if the stored version is another, and nothing was written. Fails with {@code
   *     TOO_LARGE} where the profile is larger than the store takes
   */
  CompletionStage<Boolean> put(Profile profile, long expectedVersion);

  /**
   * Removes a profile.
   *
   * @return false if there was none
   */
  CompletionStage<Boolean> delete(String userId);

  /**
   * Profiles in the order of their users' ids.
   *
   * @param afterUserId where to go on: the last id of the page before, or an empty string
   * @param limit at most so many; fewer only at the end
   */
  CompletionStage<List<Profile>> list(String afterUserId, int limit);

  @Override
  void close();
}
