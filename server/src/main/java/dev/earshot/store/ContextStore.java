package dev.earshot.store;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Keeps interactions and their context items. Thread-safe; no method blocks its caller; see {@link
 * Store} for the threads on which stages complete and for what an acknowledgement means.
 *
 * <p>What has expired by the store's clock is invisible to every method from that instant on,
 * whether it was removed yet or not, and no write revives it. Nothing here decrypts to append.
 */
public interface ContextStore {
  /**
   * Appends events: the items are stored first, or with the entry, never after it. Writes to one
   * interaction take effect one after the other, in one order that every read agrees with; all
   * events of a write take effect together, or none.
   *
   * <p>An event whose id is stored already is left out if its fingerprint is the same; a write of
   * which every event is known changes nothing, not even the expiry, and returns the entry as it
   * stands.
   *
   * @return the entry as it is with this write done: later writes may be in it, none of this one is
   *     missing. Its events refer to live items alone. Fails with {@link StoreException}: {@code
   *     EVENT_DIFFERS}, {@code OTHER_USER}, {@code OTHER_DIALOGUE}, {@code INTERACTION_EXPIRED},
   *     {@code INTERACTION_FULL}, {@code USER_DELETED}, or a fault; after a refusal nothing was
   *     written, after a fault the write may or may not have happened, and may be repeated
   */
  CompletionStage<Interaction> append(InteractionWrite write);

  /** An interaction as it is, all acknowledged writes in it. */
  CompletionStage<InteractionRead> get(String interactionId);

  /**
   * The live interactions of a user's dialogue, the latest begun first.
   *
   * @param dialogueId not empty
   * @param userId whose; empty: nobody's
   * @param limit at most so many, at least 1
   */
  CompletionStage<List<Interaction>> ofDialogue(String userId, String dialogueId, int limit);

  /**
   * The live interactions of a user, the latest begun first.
   *
   * @param userId not empty
   * @param limit at most so many, at least 1
   */
  CompletionStage<List<Interaction>> ofUser(String userId, int limit);

  /**
   * Live items, derived ones too. A value that cannot be read is named in the result and does not
   * hinder the others.
   *
   * @param keys at most {@link Interaction#MAX_ITEMS}, of any interactions
   */
  CompletionStage<StoredItem.Batch> items(List<ItemKey> keys);

  /**
   * Keeps something that was computed from an interaction, in place of what stands under its key.
   *
   * @return false, and nothing was written, if the interaction does not live any more, or what
   *     stands there was computed from a later version
   */
  CompletionStage<Boolean> putDerived(DerivedItem item);

  /**
   * Removes an interaction, its items and what was derived from them: no later read finds any.
   *
   * @param userId whose it is, as in its writes
   * @return whether it was live; unknown is no failure. Fails with {@code OTHER_USER}
   */
  CompletionStage<Boolean> delete(String userId, String interactionId);
}
