package dev.earshot.core;

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
class PrecedenceTest {
  private static final Path STATISTICS = Path.of("/proc/thread-self/stat");
  private static final Path SCHEDULING = Path.of("/proc/thread-self/sched");
  private static final String SLICE = "se.slice";

  /** Counted from 1, as in {@code proc(5)}; the second field may hold blanks. */
  private static final int NICE = 19;

  private static final int POLICY = 41;
  private static final int FIRST_AFTER_NAME = 3;
  private static final int SCHED_OTHER = 0;
  private static final int SCHED_IDLE = 5;

  /** What the system says of a thread. */
  private record Said(int policy, int nice, Optional<Long> slice) {}

  @Test
  void letsEventLoopsGoBeforeWorkersAndTheseBeforeCompilers() {
    Said usual = after(() -> {});
    Said loop = after(Precedence.EVENT_LOOP::enter);
    Said worker = after(Precedence.WORKER::enter);
    Said compiler = after(Precedence.COMPILER::enter);

    assertThat(usual.policy).isEqualTo(SCHED_OTHER);
    assertThat(loop.nice).isEqualTo(usual.nice).isLessThan(worker.nice);
    assertThat(worker.nice).isLessThan(compiler.nice);
    assertThat(loop.policy).isEqualTo(worker.policy).isEqualTo(compiler.policy).isEqualTo(0);
  }

  @Test
  void givesWhatRequestsWaitForTheShortestSlices() {
    Optional<Long> usual = after(() -> {}).slice;
    assumeThat(usual).as("a kernel that tells a thread's slice").isPresent();

    assertThat(after(Precedence.EVENT_LOOP::enter).slice).contains(100_000L);
    assertThat(after(Precedence.WORKER::enter).slice).contains(100_000L);
    assertThat(after(Precedence.COMPILER::enter).slice).isEqualTo(usual);
  }

  @Test
  void leavesAThreadTheTimeThatNobodyElseWants() {
    assertThat(after(Precedence.SPARE_TIME::enter).policy).isEqualTo(SCHED_IDLE);
  }

  @Test
  void concernsTheCallingThreadAlone() {
    Said usual = after(() -> {});

    for (Precedence precedence : Precedence.values()) {
      Said unused = after(precedence::enter);
    }

    assertThat(after(() -> {})).isEqualTo(usual);
  }

  private static Said after(Runnable task) {
    CompletableFuture<Said> said = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> {
          try {
            task.run();
            said.complete(said());
          } catch (IOException e) {
            said.completeExceptionally(e);
          }
        });
    thread.start();
    return said.join();
  }

  private static Said said() throws IOException {
    String statistics = Files.readString(STATISTICS);
    String[] fields = statistics.substring(statistics.lastIndexOf(')') + 2).split(" ", -1);
    return new Said(
        Integer.parseInt(fields[POLICY - FIRST_AFTER_NAME].strip()),
        Integer.parseInt(fields[NICE - FIRST_AFTER_NAME].strip()),
        slice());
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
