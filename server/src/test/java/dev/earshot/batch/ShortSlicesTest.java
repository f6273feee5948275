package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ShortSlicesTest {
  private static final Path SCHEDULING = Path.of("/proc/thread-self/sched");
  private static final String SLICE = "se.slice";

  @Test
  void givesAThreadTheShortestSlices() {
    Optional<Long> usual = sliceAfter(() -> {});
    assumeThat(usual).as("a kernel that tells a thread's slice").isPresent();

    assertThat(sliceAfter(ShortSlices::enter)).contains(100_000L);
    assertThat(sliceAfter(() -> {})).isEqualTo(usual);
  }

  private static Optional<Long> sliceAfter(Runnable task) {
    CompletableFuture<Optional<Long>> slice = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> {
          try {
            task.run();
            slice.complete(slice());
          } catch (IOException e) {
            slice.completeExceptionally(e);
          }
        });
    thread.start();
    return slice.join();
  }

  private static Optional<Long> slice() throws IOException {
    if (!Files.isReadable(SCHEDULING)) {
      return Optional.empty();
    }
    return Files.readAllLines(SCHEDULING).stream()
        .filter(line -> line.startsWith(SLICE))
        .map(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
        .findFirst();
  }
}
