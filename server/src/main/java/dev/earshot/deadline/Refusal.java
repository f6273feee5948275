package dev.earshot.deadline;

import java.util.concurrent.CompletionException;

/**
 * A request that gets no answer: said at once, and for a reason that the caller can act upon.
 *
 * <p>It comes when the server is busiest, and must be cheap. Every future that depends on a failed
 * one wraps the failure in a {@link CompletionException}, the stack included, unless it is one: so
 * it is one, and has no stack.
 */
public final class Refusal extends CompletionException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final long retryDelayNanos;
  private final boolean retryMeetsDeadline;

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
    this(reason, message, 0, false);
  }

  private Refusal(Reason reason, String message, long retryDelayNanos, boolean retryMeetsDeadline) {
    super(message);
    this.reason = reason;
    this.retryDelayNanos = retryDelayNanos;
    this.retryMeetsDeadline = retryMeetsDeadline;
  }

  /**
   * A refusal because of what is waiting.
   *
   * @param retryDelayNanos until what is in the way will be gone
   * @param retryMeetsDeadline whether a retry after that could still be answered in time
   */
  public static Refusal overload(String message, long retryDelayNanos, boolean retryMeetsDeadline) {
    return new Refusal(Reason.OVERLOAD, message, retryDelayNanos, retryMeetsDeadline);
  }

  public Reason reason() {
    return reason;
  }

  /** Of an overload: nanoseconds until what is in the way will be gone. */
  public long retryDelayNanos() {
    return retryDelayNanos;
  }

  /** Of an overload: whether a retry after the delay could still be answered in time. */
  public boolean retryMeetsDeadline() {
    return retryMeetsDeadline;
  }

  /** An outcome, not a fault: nobody asks where it came from. */
  @Override
  @SuppressWarnings("UnsynchronizedOverridesSynchronized") // It does nothing.
  public Throwable fillInStackTrace() {
    return this;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
