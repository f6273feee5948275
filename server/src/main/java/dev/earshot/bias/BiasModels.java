package dev.earshot.bias;

import dev.earshot.model.ContextEncoder;
import dev.earshot.rescore.Rescorer;
import java.util.Optional;

/**
 * The models of biasing; a bundle may lack any of them.
 *
 * @param version what was computed by other models is computed anew
 */
public record BiasModels(
    String version,
    Optional<Sounds> sounds,
    Optional<Rescorer> rescorer,
    Optional<ContextEncoder> encoder) {
  /** No models: phrases alone, by their spelling. */
  public static final BiasModels NONE =
      new BiasModels("", Optional.empty(), Optional.empty(), Optional.empty());
}
