package dev.earshot.grpc;

import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Ticker;
import dev.earshot.shortlist.Shortlist;
import dev.earshot.shortlist.Shortlist.StageTimes;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of slow answers where their time went, one a second at most; how many others there were
 * since is said with it. Nothing that a user said, nor who, is in the line. Thread-safe.
 */
final class SlowLog {
  private static final Logger log = LoggerFactory.getLogger(SlowLog.class);
  private static final long PERIOD_NANOS = Duration.ofSeconds(1).toNanos();

  private final Ticker ticker;
  private final long slowNanos;
  private final AtomicLong nextNanos;
  private final AtomicLong unsaid = new AtomicLong();

  /**
   * @param slow from which time on an answer is slow
   */
  SlowLog(Ticker ticker, Duration slow) {
    this.ticker = ticker;
    this.slowNanos = slow.toNanos();
    this.nextNanos = new AtomicLong(ticker.nanoTime());
  }

  void answered(Shortlist shortlist) {
    answered(shortlist.times().totalNanos(), others -> line(shortlist, others));
  }

  /**
   * An answer was made.
   *
   * @param line what to say of it, given how many others were not said
   */
  void answered(long totalNanos, LongFunction<String> line) {
    if (totalNanos < slowNanos) {
      return;
    }
    long now = ticker.nanoTime();
    long next = nextNanos.get();
    if (now - next < 0 || !nextNanos.compareAndSet(next, now + PERIOD_NANOS)) {
      unsaid.incrementAndGet();
      return;
    }
    if (log.isInfoEnabled()) {
      log.info("{}", line.apply(unsaid.getAndSet(0)));
    }
  }

  static String line(Shortlist shortlist, long others) {
    StageTimes times = shortlist.times();
    long known =
        times.queueNanos()
            + times.profileNanos()
            + times.encodeNanos()
            + times.attendNanos()
            + times.classifyNanos();
    return String.format(
        Locale.ROOT,
        "slow answer: %.2f ms = queue %.2f + profile %.2f + encode %.2f + attend %.2f + classify"
            + " %.2f + between %.2f; batch of %d, its run was expected to take %.2f ms; without:"
            + " %s; %d others since the last such line",
        millis(times.totalNanos()),
        millis(times.queueNanos()),
        millis(times.profileNanos()),
        millis(times.encodeNanos()),
        millis(times.attendNanos()),
        millis(times.classifyNanos()),
        millis(times.totalNanos() - known),
        times.batch(),
        millis(times.expectedNanos()),
        lacking(shortlist.degradation()),
        others);
  }

  /** What an answer was made without, in words. */
  static String lacking(Degradation degradation) {
    StringBuilder missing = new StringBuilder();
    for (Degradation.Missing context : degradation.missing()) {
      missing.append(missing.isEmpty() ? "" : ", ");
      missing.append(context.context()).append(' ').append(context.reason());
    }
    for (Degradation.Stage stage : degradation.skippedStages()) {
      missing.append(missing.isEmpty() ? "" : ", ").append(stage);
    }
    return missing.isEmpty() ? "nothing" : missing.toString();
  }

  static double millis(long nanos) {
    return nanos / 1e6;
  }
}
