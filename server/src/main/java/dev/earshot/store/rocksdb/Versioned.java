package dev.earshot.store.rocksdb;

import dev.earshot.store.Bytes;
import dev.earshot.store.StoreException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A content with what is known about it beside its key: 8 bytes each, big-endian, then the content.
 *
 * @param expireMillis 0: never
 */
record Versioned(long version, long expireMillis, Bytes content) {
  private static final int HEADER = 2 * Long.BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(HEADER + content.size())
        .putLong(version)
        .putLong(expireMillis)
        .put(content.array())
        .array();
  }

  static Versioned decode(byte[] value) {
    if (value.length < HEADER) {
      throw new StoreException(StoreException.Kind.UNREADABLE, "a stored value is too short");
    }
    ByteBuffer in = ByteBuffer.wrap(value);
    return new Versioned(
        in.getLong(), in.getLong(), Bytes.wrap(Arrays.copyOfRange(value, HEADER, value.length)));
  }
}
