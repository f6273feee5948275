package dev.earshot.store;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The store's few facts about itself. Thread-safe; no method blocks its caller. */
public interface Settings {
  CompletionStage<Optional<Bytes>> get(String name);

  /**
   * Writes a value if the stored one is the one expected, atomically; survives power loss.
   *
   * @param expected empty: there is none
   * @return false if the stored value is another
   */
  CompletionStage<Boolean> replace(String name, Optional<Bytes> expected, Bytes value);
}
