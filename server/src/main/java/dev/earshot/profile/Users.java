package dev.earshot.profile;

import dev.earshot.store.Store;
import dev.earshot.store.Store.DeletedUser;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Removes users with all that is kept about them. Thread-safe; no method blocks. */
public final class Users {
  private final Store store;
  private final Profiles profiles;
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param profiles those of the store; their listeners hear of the removal
   */
  public Users(Store store, Profiles profiles) {
    this.store = store;
    this.profiles = profiles;
  }

  /** Calls the listener with a user's id once that user is removed. */
  public void onDelete(Consumer<String> listener) {
    listeners.add(listener);
  }

  /**
   * Removes a user's profile, interactions, their items and what was derived from them; see {@link
   * Store#deleteUser}. A failed deletion may be done in part, and may be repeated.
   */
  public CompletionStage<DeletedUser> delete(String userId) {
    return store
        .deleteUser(userId)
        .whenComplete((deleted, failure) -> {
          profiles.changed(userId);
          listeners.forEach(listener -> listener.accept(userId));
        });
  }
}
