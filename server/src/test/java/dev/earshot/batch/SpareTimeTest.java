package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class SpareTimeTest {
  /** Counted from 1, as in {@code proc(5)}; the second field may hold blanks. */
  private static final int POLICY = 41;

  private static final int FIRST_AFTER_NAME = 3;
  private static final int SCHED_OTHER = 0;
  private static final int SCHED_IDLE = 5;

  @Test
  void leavesAThreadTheTimeThatNobodyElseWants() {
    assertThat(policiesBeforeAndAfter(SpareTime::enter)).containsExactly(SCHED_OTHER, SCHED_IDLE);
  }

  @Test
  void concernsTheCallingThreadAlone() {
    policiesBeforeAndAfter(SpareTime::enter);

    assertThat(policiesBeforeAndAfter(() -> {})).containsExactly(SCHED_OTHER, SCHED_OTHER);
  }

  private static List<Integer> policiesBeforeAndAfter(Runnable task) {
    CompletableFuture<List<Integer>> policies = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> {
          try {
            int before = policy();
            task.run();
            policies.complete(List.of(before, policy()));
          } catch (IOException e) {
            policies.completeExceptionally(e);
          }
        });
    thread.start();
    return policies.join();
  }

  private static int policy() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Integer.parseInt(fields[POLICY - FIRST_AFTER_NAME].strip());
  }
}
