package dev.earshot.store;

/** A store did not do what it was asked; the message holds no user data. Immutable. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** What stood in the way. */
  public enum Kind {
    /** The store fails or cannot be reached. A later try may succeed. */
    UNAVAILABLE(true),
    /** The store took too long, or the caller's time ran out while it was tried again. */
    TIMEOUT(true),
    /** The store refuses for load. */
    THROTTLED(true),
    /** The disk or the table takes no more. Reads go on; writes do when there is room. */
    NO_ROOM(true),
    /** A stored value fails its checksum or its decryption. Other values are not affected. */
    UNREADABLE(true),
    /** The store was closed. */
    CLOSED(true),

    /** Another process owns the data. */
    IN_USE(true),
    /** The data is of another version, or is no store's. */
    FORMAT(true),
    /** A key that stored values need is missing, or is another. */
    KEY_MISSING(true),

    /** The value is larger than the store takes. */
    TOO_LARGE(false),
    /** A known event id came with other content. */
    EVENT_DIFFERS(false),
    /** The interaction belongs to another user. */
    OTHER_USER(false),
    /** The interaction belongs to another dialogue. */
    OTHER_DIALOGUE(false),
    /** The interaction has expired, or expired lately. */
    INTERACTION_EXPIRED(false),
    /** The interaction would pass a limit. */
    INTERACTION_FULL(false),
    /** The interaction's user was deleted after it began. */
    USER_DELETED(false),
    /** The entries of the log up to there were replaced by a snapshot. */
    COMPACTED(false);

    private final boolean fault;

    Kind(boolean fault) {
      this.fault = fault;
    }

    /** Whether the store failed; else it did its work and refuses what was asked. */
    public boolean isFault() {
      return fault;
    }
  }

  public StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public StoreException(Kind kind, String message) {
    // A refusal is a condition, not a fault: nobody reads its stack.
    super(message, null, false, kind.isFault());
    this.kind = kind;
  }

  /** The store is {@link Kind#UNAVAILABLE}. */
  public StoreException(String message, Throwable cause) {
    this(Kind.UNAVAILABLE, message, cause);
  }

  /** The store is {@link Kind#UNAVAILABLE}. */
  public StoreException(String message) {
    this(Kind.UNAVAILABLE, message);
  }

  public Kind kind() {
    return kind;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
