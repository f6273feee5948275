package dev.earshot.perf.micro;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.function.LongSupplier;

/**
 * How still the machine is: what a thread misses that does nothing but read the clock. What it
 * misses every request misses too, whatever serves it: other processes, the kernel, the hypervisor.
 */
public final class Stalls {
  /** A step of the clock that is longer is no step any more. */
  private static final long STEP_NANOS = 50_000;

  private static final long LONG_NANOS = 1_000_000;

  /** Until the JVM has compiled the loop and its compilers rest. */
  private static final long WARM_UP_NANOS = 2_000_000_000L;

  private Stalls() {}

  /**
   * What was missed.
   *
   * @param seconds watched
   * @param share of them missed
   * @param longASecond how often a second for more than 1 ms
   * @param longestMs the longest
   */
  public record Times(
      double seconds,
      double share,
      @JsonProperty("long_a_second") double longASecond,
      @JsonProperty("longest_ms") double longestMs) {}

  /** Watches for so many seconds, on the CPU that the calling thread is on. */
  public static Times measure(double seconds) {
    Times unused = watch(WARM_UP_NANOS, System::nanoTime);
    return watch((long) (seconds * 1e9), System::nanoTime);
  }

  /** For tests: with another clock. */
  static Times watch(long nanos, LongSupplier clock) {
    long start = clock.getAsLong();
    long last = start;
    long missed = 0;
    long longest = 0;
    int more = 0;
    while (last - start < nanos) {
      long now = clock.getAsLong();
      long step = now - last;
      if (step > STEP_NANOS) {
        missed += step;
        longest = Math.max(longest, step);
        more += step > LONG_NANOS ? 1 : 0;
      }
      last = now;
    }
    double watched = (last - start) / 1e9;
    return new Times(
        Math.round(watched * 10) / 10.0,
        Math.round(missed / watched / 1e5) / 1e4,
        Math.round(more / watched * 10) / 10.0,
        Math.round(longest / 1e4) / 100.0);
  }
}
