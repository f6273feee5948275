package dev.earshot.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The bias bundle that is shipped, as it is and as copies that tests may damage. */
public final class BiasBundles {
  /** Modules are tested from their own directories. */
  public static final Path DEFAULT = Path.of("..", "models", "bias");

  private BiasBundles() {}

  public static OnnxContextEncoder encoder() throws Exception {
    return OnnxContextEncoder.load(
        BiasBundle.open(DEFAULT), OnnxRuntime.start(ExecutionProvider.CPU));
  }

  public static Path copyTo(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(DEFAULT)) {
      for (Path file : files.toList()) {
        Files.copy(file, directory.resolve(file.getFileName().toString()));
      }
    }
    return directory;
  }
}
