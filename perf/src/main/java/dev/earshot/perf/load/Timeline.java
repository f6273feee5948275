package dev.earshot.perf.load;

import java.util.Arrays;

/**
 * What became of each request of a phase, and when it was due. Grows as it is filled. Not
 * thread-safe.
 */
public final class Timeline {
  private static final int REFUSED = -1;
  private static final int LOST = -2;

  private int[] dueMicros = new int[0];
  private int[] latencyMicros = new int[0];
  private int size;

  /** Adds an answer. */
  void answered(long dueNanos, long latencyNanos) {
    add(dueNanos, (int) Math.min(Integer.MAX_VALUE, latencyNanos / 1_000));
  }

  void refused(long dueNanos) {
    add(dueNanos, REFUSED);
  }

  /** Adds a request that was late or failed. */
  void lost(long dueNanos) {
    add(dueNanos, LOST);
  }

  private void add(long dueNanos, int latency) {
    if (size == dueMicros.length) {
      int capacity = Math.max(1_024, 2 * size);
      dueMicros = Arrays.copyOf(dueMicros, capacity);
      latencyMicros = Arrays.copyOf(latencyMicros, capacity);
    }
    dueMicros[size] = (int) (dueNanos / 1_000);
    latencyMicros[size++] = latency;
  }

  void addAll(Timeline other) {
    int needed = size + other.size;
    if (needed > dueMicros.length) {
      dueMicros = Arrays.copyOf(dueMicros, needed);
      latencyMicros = Arrays.copyOf(latencyMicros, needed);
    }
    System.arraycopy(other.dueMicros, 0, dueMicros, size, other.size);
    System.arraycopy(other.latencyMicros, 0, latencyMicros, size, other.size);
    size = needed;
  }

  /**
   * A stretch of time.
   *
   * @param fromMs since the phase began
   * @param p99Us of the answers; infinite where a request was late or failed, or nothing was
   *     answered
   * @param goodShare of the requests due in it that were answered in time
   */
  public record Window(int fromMs, int requests, double p99Us, double goodShare) {}

  /** The timeline cut into windows of equal length. */
  public Window[] windows(int millis) {
    int count = 0;
    for (int i = 0; i < size; i++) {
      count = Math.max(count, dueMicros[i] / (1_000 * millis) + 1);
    }
    int[] requests = new int[count];
    for (int i = 0; i < size; i++) {
      requests[dueMicros[i] / (1_000 * millis)]++;
    }
    int[][] latencies = new int[count][];
    for (int w = 0; w < count; w++) {
      latencies[w] = new int[requests[w]];
    }
    int[] filled = new int[count];
    int[] lost = new int[count];
    for (int i = 0; i < size; i++) {
      int window = dueMicros[i] / (1_000 * millis);
      if (latencyMicros[i] >= 0) {
        latencies[window][filled[window]++] = latencyMicros[i];
      } else if (latencyMicros[i] == LOST) {
        lost[window]++;
      }
    }
    Window[] windows = new Window[count];
    for (int w = 0; w < count; w++) {
      Arrays.sort(latencies[w], 0, filled[w]);
      boolean complete = lost[w] == 0 && filled[w] > 0;
      double p99 =
          complete ? latencies[w][(int) Math.ceil(0.99 * filled[w]) - 1] : Double.POSITIVE_INFINITY;
      windows[w] =
          new Window(
              w * millis,
              requests[w],
              p99,
              requests[w] == 0 ? 1 : (double) filled[w] / requests[w]);
    }
    return windows;
  }
}
