package dev.earshot.bias;

import dev.earshot.phrase.Phrases;
import dev.earshot.rescore.Rescorer.PreparedPhrases;
import org.jspecify.annotations.Nullable;

/**
 * One turn as a recogniser sees it: what was asked when the microphone opened, and what was made
 * ready for it, so that one hypothesis after the other is not the same work again. Thread-safe.
 */
public final class BiasTurn {
  private final BiasQuery query;
  private volatile @Nullable Ready ready;

  /** A turn that a query begins. */
  public BiasTurn(BiasQuery query) {
    this.query = query;
  }

  public BiasQuery query() {
    return query;
  }

  /**
   * Phrases with the request's own, ready to be looked for.
   *
   * @param basis what they were made from; null: of the request's own alone
   */
  record Ready(@Nullable TurnBias basis, Phrases phrases, PreparedPhrases prepared) {}

  @Nullable Ready ready(@Nullable TurnBias basis) {
    Ready known = ready;
    return known != null && known.basis == basis ? known : null;
  }

  void keep(Ready made) {
    ready = made;
  }
}
