package dev.earshot.store.crypto;

/** A keyset could not be read, written or changed as asked; the message says what to do. */
public final class KeysetException extends Exception {
  private static final long serialVersionUID = 1L;

  KeysetException(String message) {
    super(message);
  }

  KeysetException(String message, Throwable cause) {
    super(message, cause);
  }
}
