package dev.earshot.deadline;

/** A request that gets no answer: said at once, and for a reason that the caller can act upon. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** Why there is no answer. */
  public enum Reason {
    /** Too much is waiting; the answer would be late. */
    OVERLOAD,
    /** The budget is spent. */
    DEADLINE,
    /** The catalogue version that was asked for is not served yet. */
    CATALOG_BEHIND,
    /** The server is stopping. */
    DRAINING
  }

  public Refusal(Reason reason, String message) {
    // An outcome, not a fault, and it comes when the server is busiest: no stack.
    super(message, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
