package dev.earshot.perf.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A temporary folder, gone with all that is in it when it is closed. */
public record WorkFolder(Path path) implements AutoCloseable {
  /** Makes one. */
  public static WorkFolder create(String name) throws IOException {
    return new WorkFolder(Files.createTempDirectory("earshot-bench-" + name + "-"));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
