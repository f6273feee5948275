package dev.earshot.model;

/** A run was ended by {@link Workspace#terminate}. */
public final class RunTerminatedException extends InferenceException {
  private static final long serialVersionUID = 1L;

  public RunTerminatedException(String message) {
    super(message);
  }

  public RunTerminatedException(String message, Throwable cause) {
    super(message, cause);
  }
}
