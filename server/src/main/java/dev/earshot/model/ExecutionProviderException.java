package dev.earshot.model;

/** The requested execution provider cannot be used on this machine or with this build. */
public final class ExecutionProviderException extends Exception {
  private static final long serialVersionUID = 1L;

  public ExecutionProviderException(String message) {
    super(message);
  }
}
