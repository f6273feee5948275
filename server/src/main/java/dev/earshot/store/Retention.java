package dev.earshot.store;

import java.time.Duration;
import java.time.Instant;

/**
 * How long context lives.
 *
 * @param ttl of an item from its write, of an interaction from its last write; positive
 * @param maxAge of an interaction from its first write; at least {@code ttl}. So long after its end
 *     an interaction is remembered, without content, to refuse late writes
 */
public record Retention(Duration ttl, Duration maxAge) {
  /** 15 minutes, 1 hour. */
  public static final Retention DEFAULT =
      new Retention(Duration.ofMinutes(15), Duration.ofHours(1));

  public Retention {
    if (ttl.isZero() || ttl.isNegative()) {
      throw new IllegalArgumentException("context-ttl: " + ttl + " (expected: positive)");
    }
    if (maxAge.compareTo(ttl) < 0) {
      throw new IllegalArgumentException(
          "context-max-age: " + maxAge + " (expected: >= context-ttl, " + ttl + ")");
    }
  }

  /** When an interaction expires that was begun and last written at these times. */
  public Instant expiry(Instant createTime, Instant writeTime) {
    Instant byWrite = writeTime.plus(ttl);
    Instant byAge = createTime.plus(maxAge);
    return byWrite.isBefore(byAge) ? byWrite : byAge;
  }
}
