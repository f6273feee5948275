package dev.earshot.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.function.BiConsumer;

/**
 * Writes values as bytes, for {@link RecordReader}: numbers as little-endian base-128 varints
 * (signed ones zigzagged), strings as UTF-8 behind their length, collections behind their size.
 */
final class RecordWriter {
  private byte[] bytes = new byte[256];
  private int size;

  RecordWriter writeByte(int value) {
    require(1);
    bytes[size++] = (byte) value;
    return this;
  }

  /** A number that is mostly small and never negative. */
  RecordWriter writeUnsigned(long value) {
    require(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  RecordWriter writeSigned(long value) {
    return writeUnsigned((value << 1) ^ (value >> 63));
  }

  RecordWriter writeDouble(double value) {
    require(8);
    ByteBuffer.wrap(bytes).putDouble(size, value);
    size += 8;
    return this;
  }

  RecordWriter writeString(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return writeBytes(utf8);
  }

  RecordWriter writeBytes(byte[] value) {
    writeUnsigned(value.length);
    return append(value);
  }

  RecordWriter append(byte[] value) {
    require(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
    return this;
  }

  RecordWriter writeInstant(Instant value) {
    return writeSigned(value.getEpochSecond()).writeUnsigned(value.getNano());
  }

  RecordWriter writeDuration(Duration value) {
    return writeSigned(value.getSeconds()).writeUnsigned(value.getNano());
  }

  <T> RecordWriter writeAll(Collection<T> values, BiConsumer<RecordWriter, T> write) {
    writeUnsigned(values.size());
    values.forEach(value -> write.accept(this, value));
    return this;
  }

  int size() {
    return size;
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes, size);
  }

  private void require(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
    }
  }
}
