package dev.earshot.profile;

/** A profile could not be read or changed as asked; the message holds no user data. */
public final class ProfileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Problem problem;

  /** What stood in the way. */
  public enum Problem {
    NOT_FOUND,
    /** Another write came between. */
    STALE_ETAG,
    /** The profile would pass a limit. */
    FULL
  }

  public ProfileException(Problem problem, String message) {
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
