package dev.earshot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class JvmThreadsTest {
  /** Counted from 1, as in {@code proc(5)}; the second field may hold blanks. */
  private static final int NICE = 19;

  private static final int FIRST_AFTER_NAME = 3;

  @Test
  void lowersThePriorityOfWhatCanWaitAlone() throws IOException {
    int lowered = JvmThreads.yieldToRequests();
    // Some machine runs its tests without them.
    assumeThat(lowered).isPositive();

    assertThat(nice("C2 CompilerThre")).containsOnly(15);
    assertThat(nice("Notification Th")).containsOnly(15);
    assertThat(nice("C1 CompilerThre")).doesNotContain(15);
    assertThat(nice("GC Thread#0")).doesNotContain(15);
  }

  private static List<Integer> nice(String name) throws IOException {
    List<Integer> found = new ArrayList<>();
    try (var threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path thread : threads) {
        String stat = Files.readString(thread.resolve("stat"));
        int end = stat.lastIndexOf(')');
        if (stat.substring(stat.indexOf('(') + 1, end).equals(name)) {
          String[] fields = stat.substring(end + 2).split(" ", -1);
          found.add(Integer.parseInt(fields[NICE - FIRST_AFTER_NAME]));
        }
      }
    }
    return found;
  }
}
