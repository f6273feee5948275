package dev.earshot.deadline;

/** A monotonic clock. Thread-safe. */
@FunctionalInterface
public interface Ticker {
  /** Nanoseconds since an arbitrary origin; only differences mean anything. */
  long nanoTime();

  static Ticker system() {
    return System::nanoTime;
  }
}
