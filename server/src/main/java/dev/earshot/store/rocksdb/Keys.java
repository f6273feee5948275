package dev.earshot.store.rocksdb;

import dev.earshot.store.ItemKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Keys as bytes. Ids are UTF-8 and hold no U+0000, which ends each but the last; numbers are
 * big-endian, so that they sort.
 */
final class Keys {
  private Keys() {}

  static byte[] of(String id) {
    return id.getBytes(StandardCharsets.UTF_8);
  }

  static String string(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** What all keys begin with that have these ids in front. */
  static byte[] prefix(String... ids) {
    return (String.join("\0", ids) + '\0').getBytes(StandardCharsets.UTF_8);
  }

  static byte[] item(ItemKey key) {
    return of(key.interactionId() + '\0' + key.itemId());
  }

  static ItemKey item(byte[] key) {
    String both = string(key);
    int split = both.indexOf('\0');
    return new ItemKey(both.substring(0, split), both.substring(split + 1));
  }

  /** Of an index: the latest first. */
  static byte[] begun(byte[] prefix, long createMillis, String interactionId) {
    return join(prefix, ~createMillis, of(interactionId));
  }

  /** The interaction that a key of an index names, behind its prefix. */
  static String begunInteraction(byte[] key, int prefixLength) {
    return string(Arrays.copyOfRange(key, prefixLength + Long.BYTES, key.length));
  }

  /** Of the expiry index: the earliest first. */
  static byte[] due(long millis, String interactionId) {
    return join(new byte[0], millis, of(interactionId));
  }

  static long dueMillis(byte[] key) {
    return ByteBuffer.wrap(key).getLong();
  }

  static String dueInteraction(byte[] key) {
    return string(Arrays.copyOfRange(key, Long.BYTES, key.length));
  }

  static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static byte[] join(byte[] front, long number, byte[] back) {
    return ByteBuffer.allocate(front.length + Long.BYTES + back.length)
        .put(front)
        .putLong(number)
        .put(back)
        .array();
  }
}
