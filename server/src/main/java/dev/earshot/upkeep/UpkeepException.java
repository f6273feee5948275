package dev.earshot.upkeep;

/** The store's upkeep could not be done as asked; the message says what to do. */
public final class UpkeepException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Problem problem;

  /** What stood in the way. */
  public enum Problem {
    /** Another such run is going on. */
    IN_PROGRESS,
    /** The name of the backup is taken. */
    BACKUP_EXISTS,
    /** The keyset is missing, unusable, or lacks a key that stored values need. */
    KEY_NEEDED,
    /** The store in use has no such thing. */
    UNSUPPORTED
  }

  UpkeepException(Problem problem, String message) {
    // A condition, not a fault: nobody reads the stack.
    super(message, null, false, false);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
