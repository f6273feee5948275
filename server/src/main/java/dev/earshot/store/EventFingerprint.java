package dev.earshot.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Tells a repeated event from another under the same id: the first 16 bytes of SHA-256 over the
 * content as the caller gave it. An encrypting layer puts a keyed digest of these in their place,
 * so that nobody who reads the disk can try texts against them.
 */
public final class EventFingerprint {
  /** Bytes of a fingerprint. */
  public static final int BYTES = 16;

  private EventFingerprint() {}

  /**
   * The fingerprint of an event.
   *
   * @param time empty where the caller gave none
   * @param items as given, in their order
   */
  public static Bytes of(
      String type,
      Optional<Instant> time,
      String skillId,
      Optional<Duration> expectedDuration,
      List<ContextItem> items) {
    RecordWriter content = new RecordWriter().writeString(type).writeString(skillId);
    content.writeAll(time.stream().toList(), RecordWriter::writeInstant);
    content.writeAll(expectedDuration.stream().toList(), RecordWriter::writeDuration);
    content.writeAll(items, (out, item) -> out.writeBytes(item.encode().array()));
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.toArray());
      return Bytes.wrap(Arrays.copyOf(digest, BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
