package dev.earshot.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Reads what {@link RecordWriter} wrote. Whatever the bytes are, it ends with a value or with
 * {@link StoreException} of the kind {@code UNREADABLE}.
 */
final class RecordReader {
  private final byte[] bytes;
  private final int end;
  private int at;

  RecordReader(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  RecordReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  int readByte() {
    require(1);
    return bytes[at++];
  }

  long readUnsigned() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = readByte();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw unreadable();
  }

  /** An unsigned number that fits into an int. */
  int readCount() {
    long value = readUnsigned();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw unreadable();
    }
    return (int) value;
  }

  long readSigned() {
    long value = readUnsigned();
    return (value >>> 1) ^ -(value & 1);
  }

  double readDouble() {
    require(8);
    double value = ByteBuffer.wrap(bytes).getDouble(at);
    at += 8;
    return value;
  }

  String readString() {
    int length = readLength();
    String value = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return value;
  }

  byte[] readBytes() {
    int length = readLength();
    byte[] value = Arrays.copyOfRange(bytes, at, at + length);
    at += length;
    return value;
  }

  Instant readInstant() {
    try {
      return Instant.ofEpochSecond(readSigned(), readUnsigned());
    } catch (DateTimeException | ArithmeticException e) {
      throw unreadable();
    }
  }

  Duration readDuration() {
    try {
      return Duration.ofSeconds(readSigned(), readUnsigned());
    } catch (ArithmeticException e) {
      throw unreadable();
    }
  }

  <T> List<T> readAll(Function<RecordReader, T> read) {
    // Each element takes a byte at least: a broken count does not allocate.
    int count = readLength();
    List<T> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(read.apply(this));
    }
    return values;
  }

  void requireEnd() {
    if (at != end) {
      throw unreadable();
    }
  }

  private int readLength() {
    int length = readCount();
    require(length);
    return length;
  }

  private void require(int more) {
    if (end - at < more) {
      throw unreadable();
    }
  }

  static StoreException unreadable() {
    return new StoreException(
        StoreException.Kind.UNREADABLE, "a stored value is broken or of another version");
  }
}
