package dev.earshot.app.eval;

/** Data cannot be read as what it should be; the message names file, line and what was expected. */
public final class EvalDataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EvalDataException(String message) {
    super(message);
  }

  EvalDataException(String message, Throwable cause) {
    super(message, cause);
  }
}
