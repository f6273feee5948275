package dev.earshot.app;

import dev.earshot.bias.BiasModels;
import dev.earshot.model.BiasBundle;
import dev.earshot.model.BiasBundle.Role;
import dev.earshot.model.BundleException;
import dev.earshot.model.ContextEncoder;
import dev.earshot.model.OnnxContextEncoder;
import dev.earshot.model.OnnxRuntime;
import java.nio.file.Path;
import java.util.Optional;

/** Loads the models of a bias bundle, those that are in it. */
final class BiasModelFiles {
  private BiasModelFiles() {}

  /**
   * Loads the models.
   *
   * @throws BundleException naming the file that is missing, damaged or not as the format says
   */
  static BiasModels load(Path directory, OnnxRuntime runtime) throws BundleException {
    BiasBundle bundle = BiasBundle.open(directory);
    Optional<ContextEncoder> encoder =
        bundle.has(Role.CONTEXT_ENCODE)
            ? Optional.of(OnnxContextEncoder.load(bundle, runtime))
            : Optional.empty();
    return new BiasModels(bundle.manifestSha256(), Optional.empty(), Optional.empty(), encoder);
  }
}
