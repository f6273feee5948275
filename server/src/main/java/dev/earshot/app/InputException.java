package dev.earshot.app;

import org.jspecify.annotations.Nullable;

/**
 * A file that the user gave cannot be read as what it should be; the message says where and why.
 */
final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InputException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
