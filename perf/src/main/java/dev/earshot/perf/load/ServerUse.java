package dev.earshot.perf.load;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What the server's processes took during a phase.
 *
 * @param cpuSeconds of all of them together
 * @param compilerSeconds of these, what JIT compilers took
 * @param rssBefore resident bytes when the phase began
 * @param rssAfter resident bytes when it ended
 */
public record ServerUse(
    @JsonProperty("cpu_seconds") double cpuSeconds,
    @JsonProperty("compiler_seconds") double compilerSeconds,
    @JsonProperty("rss_before") long rssBefore,
    @JsonProperty("rss_after") long rssAfter) {

  /** What processes have taken since they were started, and hold now. */
  public record Snapshot(double cpuSeconds, double compilerSeconds, long rss) {
    ServerUse until(Snapshot later) {
      return new ServerUse(
          later.cpuSeconds - cpuSeconds, later.compilerSeconds - compilerSeconds, rss, later.rss);
    }
  }

  /** Tells what a server has taken. */
  @FunctionalInterface
  public interface Meter {
    Snapshot read();
  }
}
