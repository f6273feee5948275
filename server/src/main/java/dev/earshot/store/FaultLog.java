package dev.earshot.store;

import dev.earshot.store.StoreException.Kind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of a failing store's faults one line in ten seconds for each kind, with how many others
 * there were since: a store that is down fails every call. Thread-safe.
 */
final class FaultLog {
  private static final Logger log = LoggerFactory.getLogger(FaultLog.class);

  static final Duration PERIOD = Duration.ofSeconds(10);

  private final LongSupplier nanoTime;
  private final Map<Kind, Line> lines = new EnumMap<>(Kind.class);

  /** When the next line of a kind may come, and how many were left out since the last. */
  private record Line(AtomicLong nextNanos, AtomicLong unsaid) {}

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  FaultLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    for (Kind kind : Kind.values()) {
      lines.put(kind, new Line(new AtomicLong(nanoTime.getAsLong()), new AtomicLong()));
    }
  }

  /** Tells of a failure, if it is a fault and its turn has come. */
  void failed(StoreException failure) {
    line(failure).ifPresent(log::warn);
  }

  /** What to say of a failure; empty: nothing yet. */
  Optional<String> line(StoreException failure) {
    Line line = lines.get(failure.kind());
    if (line == null || !failure.kind().isFault()) {
      return Optional.empty();
    }
    long now = nanoTime.getAsLong();
    long next = line.nextNanos.get();
    if (now - next < 0 || !line.nextNanos.compareAndSet(next, now + PERIOD.toNanos())) {
      line.unsaid.incrementAndGet();
      return Optional.empty();
    }
    long others = line.unsaid.getAndSet(0);
    return Optional.of(
        "the store failed: "
            + failure.kind()
            + ": "
            + failure.getMessage()
            + (others == 0 ? "" : " (and " + others + " more since the last such line)"));
  }
}
