package dev.earshot.model;

import java.time.Duration;
import java.util.List;

/**
 * How loading a bundle went.
 *
 * @param loadDuration for reading, checking and opening
 * @param warmDuration for golden vectors and warming
 * @param goldenVectors how many were reproduced
 * @param memoryBytes what the process grew by; 0 where the platform does not tell
 * @param shapes the shapes that were warmed
 */
public record LoadReport(
    Duration loadDuration,
    Duration warmDuration,
    int goldenVectors,
    long memoryBytes,
    List<WarmShape> shapes) {
  static final LoadReport NONE = new LoadReport(Duration.ZERO, Duration.ZERO, 0, 0, List.of());

  public LoadReport {
    shapes = List.copyOf(shapes);
  }

  /**
   * A shape and how long it takes.
   *
   * @param batch requests in one run
   * @param words of an utterance; 0 where the graph has none
   * @param enabledSkills of a user; 0 where the graph has none
   * @param runNanos median of its warm runs
   * @param longestNanos the longest of them but the first
   */
  public record WarmShape(
      String graph, int batch, int words, int enabledSkills, long runNanos, long longestNanos) {}
}
