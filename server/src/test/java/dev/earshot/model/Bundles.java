package dev.earshot.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;

/** The default bundle, as it is and as copies that tests may damage. */
public final class Bundles {
  /** Modules are tested from their own directories. */
  public static final Path DEFAULT = Path.of("..", "models", "default");

  private Bundles() {}

  public static OnnxShortlistModel load() throws Exception {
    return OnnxShortlistModel.load(DEFAULT, OnnxRuntime.start(ExecutionProvider.CPU), 8);
  }

  public static Path copyTo(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(DEFAULT)) {
      for (Path file : files.toList()) {
        Files.copy(file, directory.resolve(file.getFileName().toString()));
      }
    }
    return directory;
  }

  /** Writes a manifest with the checksum that belongs to it. */
  public static void writeManifest(Path directory, String json) throws IOException {
    Files.writeString(directory.resolve(Manifest.FILE), json);
    Files.writeString(
        directory.resolve(Manifest.CHECKSUM_FILE),
        sha256(json.getBytes(StandardCharsets.UTF_8)) + "\n");
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
