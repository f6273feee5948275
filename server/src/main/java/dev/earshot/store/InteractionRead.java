package dev.earshot.store;

import java.util.Optional;

/** What a read of an interaction found. */
public sealed interface InteractionRead {
  /** It lives; its events refer to live items alone. */
  record Live(Interaction interaction) implements InteractionRead {}

  /** It does not. */
  enum Gone implements InteractionRead {
    /** Never written, removed by its caller, or gone so long that nothing is left of it. */
    UNKNOWN(0),
    /** Expired. */
    EXPIRED(1),
    /** Went with its user. */
    USER_DELETED(2);

    private final int code;

    Gone(int code) {
      this.code = code;
    }

    /** As it is stored. */
    int code() {
      return code;
    }
  }

  /** The interaction if it lives. */
  default Optional<Interaction> live() {
    return this instanceof Live live ? Optional.of(live.interaction()) : Optional.empty();
  }
}
