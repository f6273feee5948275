package dev.earshot.profile;

import dev.earshot.store.Store;
import dev.earshot.store.Store.DeletedUser;
import java.util.concurrent.CompletionStage;

/** Removes users with all that is kept about them. Thread-safe; no method blocks. */
public final class Users {
  private final Store store;
  private final Profiles profiles;

  /**
   * @param profiles those of the store; their listeners hear of the removal
   */
  public Users(Store store, Profiles profiles) {
    this.store = store;
    this.profiles = profiles;
  }

  /**
   * Removes a user's profile, interactions, their items and what was derived from them; see {@link
   * Store#deleteUser}. A failed deletion may be done in part, and may be repeated.
   */
  public CompletionStage<DeletedUser> delete(String userId) {
    return store.deleteUser(userId).whenComplete((deleted, failure) -> profiles.changed(userId));
  }
}
