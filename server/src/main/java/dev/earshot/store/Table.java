package dev.earshot.store;

import java.util.Locale;

/** What a store keeps apart. */
public enum Table {
  PROFILES,
  INTERACTIONS,
  CONTEXT_ITEMS,
  CATALOG,
  SETTINGS;

  /**
   * The name that operators see, such as {@code context_items}. Never changes: data is bound to it.
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
