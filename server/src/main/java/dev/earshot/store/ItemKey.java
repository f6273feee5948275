package dev.earshot.store;

/**
 * Where a context item is.
 *
 * @param itemId unlike all others of the interaction
 */
public record ItemKey(String interactionId, String itemId) {
  @Override
  public String toString() {
    return "ItemKey[]";
  }
}
