package dev.earshot.perf.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which processors a process may use, by {@code taskset}. Without that program processes run where
 * the kernel puts them, and {@link #pinning} says so.
 *
 * @param list as taskset takes it: "0", "2-3"; empty: any
 */
public record Cpus(String list) {
  public static final Cpus ANY = new Cpus("");

  public Cpus {
    if (!list.matches("([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?")) {
      throw new IllegalArgumentException("CPUs: " + list + " (expected: such as 0 or 2-3,5)");
    }
  }

  /**
   * The halves of this machine: the first CPU for servers, the others for the driver. Both are the
   * whole machine where there is one CPU.
   */
  public static Cpus forServer() {
    return Runtime.getRuntime().availableProcessors() > 1 ? new Cpus("0") : ANY;
  }

  /** The driver's half, see {@link #forServer}. */
  public static Cpus forDriver() {
    int count = Runtime.getRuntime().availableProcessors();
    return count > 1 ? new Cpus(count == 2 ? "1" : "1-" + (count - 1)) : ANY;
  }

  /** A command that runs on these CPUs. */
  public List<String> wrap(List<String> command) {
    if (list.isEmpty() || taskset() == null) {
      return command;
    }
    List<String> wrapped = new ArrayList<>(List.of("taskset", "-c", list));
    wrapped.addAll(command);
    return wrapped;
  }

  /** Moves this process, all threads that it has and will have. */
  public void pinThisProcess() throws IOException, InterruptedException {
    if (list.isEmpty() || taskset() == null) {
      return;
    }
    Process process =
        new ProcessBuilder(
                "taskset", "-a", "-p", "-c", list, Long.toString(ProcessHandle.current().pid()))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("taskset: " + output.strip());
    }
  }

  /** What came of it, for reports. */
  public String pinning() {
    if (list.isEmpty()) {
      return "any CPU";
    }
    return taskset() == null ? "any CPU (no taskset here)" : "CPU " + list;
  }

  private static @Nullable Path taskset() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path.split(":"))
        .map(directory -> Path.of(directory, "taskset"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }
}
