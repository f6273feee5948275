package dev.earshot.perf.load;

import org.HdrHistogram.AbstractHistogram;

/**
 * A distribution of times in µs, to three significant digits. All 0 where there were none.
 *
 * @param count how many times
 */
public record Quantiles(
    long count, double mean, double p50, double p90, double p99, double p999, double max) {
  private static final double NANOS = 1e3;

  /** Of a histogram of nanoseconds. */
  static Quantiles ofNanos(AbstractHistogram histogram) {
    if (histogram.getTotalCount() == 0) {
      return new Quantiles(0, 0, 0, 0, 0, 0, 0);
    }
    return new Quantiles(
        histogram.getTotalCount(),
        micros(Math.round(histogram.getMean())),
        micros(histogram.getValueAtPercentile(50)),
        micros(histogram.getValueAtPercentile(90)),
        micros(histogram.getValueAtPercentile(99)),
        micros(histogram.getValueAtPercentile(99.9)),
        micros(histogram.getMaxValue()));
  }

  private static double micros(long nanos) {
    return Math.round(nanos / NANOS * 10) / 10.0;
  }
}
