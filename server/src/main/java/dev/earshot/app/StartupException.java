package dev.earshot.app;

/** The server cannot start; the message says what to do about it. */
public final class StartupException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  StartupException(int exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** What the process exits with; see {@link ExitCode}. */
  public int exitCode() {
    return exitCode;
  }
}
