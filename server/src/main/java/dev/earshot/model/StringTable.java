package dev.earshot.model;

import dev.earshot.search.Pauses;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Many short strings, numbered from 0, in one byte array, with a hash index from string to number.
 * A {@code String} object, its array and a map entry take some 120 bytes for a skill's id; this
 * takes its UTF-8 bytes and 12 to 20 more.
 *
 * <p>Immutable and thread-safe.
 */
final class StringTable {
  private static final int NONE = -1;

  /** Of a string, until it is known better. */
  private static final int BYTES_EXPECTED = 16;

  private final byte[] bytes;
  private final int[] ends;
  private final int[] index;

  private StringTable(byte[] bytes, int[] ends, int[] index) {
    this.bytes = bytes;
    this.ends = ends;
    this.index = index;
  }

  /**
   * Collects strings in the arrays that the table will have. Hundreds of thousands of arrays of
   * their own would be copied by each collection while a bundle is loaded.
   *
   * <p>Not thread-safe.
   */
  static final class Builder {
    private byte[] bytes;
    private int[] ends;
    private int count;

    /** For about so many. */
    Builder(int expected) {
      bytes = new byte[Math.multiplyExact(BYTES_EXPECTED, Math.max(1, expected))];
      ends = new int[Math.max(1, expected)];
    }

    void add(byte[] utf8) {
      add(utf8, 0, utf8.length);
    }

    void add(byte[] utf8, int offset, int length) {
      int start = count == 0 ? 0 : ends[count - 1];
      int end = Math.addExact(start, length);
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, end + end / 2);
      }
      if (count == ends.length) {
        ends = Arrays.copyOf(ends, count + count / 2 + 1);
      }
      System.arraycopy(utf8, offset, bytes, start, length);
      ends[count++] = end;
    }

    int size() {
      return count;
    }

    /** A table that finds strings by content; where one occurs twice, the first is found. */
    StringTable indexed() {
      // A power of two that leaves the index between a third and two thirds full.
      int[] index = new int[Integer.highestOneBit(Math.max(2, count * 3 / 2)) * 2];
      Arrays.fill(index, NONE);
      StringTable table = build(index);
      for (int i = 0; i < count; i++) {
        Pauses.between(i);
        table.insert(i);
      }
      return table;
    }

    /** A table that only gives strings by number. */
    StringTable unindexed() {
      return build(new int[0]);
    }

    private StringTable build(int[] index) {
      return new StringTable(
          Arrays.copyOf(bytes, count == 0 ? 0 : ends[count - 1]),
          Arrays.copyOf(ends, count),
          index);
    }
  }

  private void insert(int number) {
    int start = start(number);
    int length = ends[number] - start;
    int mask = index.length - 1;
    int slot = hash(bytes, start, length) & mask;
    while (index[slot] != NONE) {
      if (equals(index[slot], bytes, start, length)) {
        return;
      }
      slot = (slot + 1) & mask;
    }
    index[slot] = number;
  }

  /** The number of the string with these UTF-8 bytes, or −1. */
  int find(byte[] utf8, int offset, int length) {
    int mask = index.length - 1;
    int slot = hash(utf8, offset, length) & mask;
    while (index[slot] != NONE) {
      if (equals(index[slot], utf8, offset, length)) {
        return index[slot];
      }
      slot = (slot + 1) & mask;
    }
    return NONE;
  }

  /** Whether a string is found under its own number: there is none like it before. */
  boolean isFirst(int number) {
    return find(bytes, start(number), ends[number] - start(number)) == number;
  }

  int find(String string) {
    byte[] utf8 = string.getBytes(StandardCharsets.UTF_8);
    return find(utf8, 0, utf8.length);
  }

  String get(int number) {
    int start = start(number);
    return new String(bytes, start, ends[number] - start, StandardCharsets.UTF_8);
  }

  boolean isEmpty(int number) {
    return start(number) == ends[number];
  }

  int size() {
    return ends.length;
  }

  private int start(int number) {
    return number == 0 ? 0 : ends[number - 1];
  }

  private boolean equals(int number, byte[] other, int offset, int length) {
    return Arrays.equals(bytes, start(number), ends[number], other, offset, offset + length);
  }

  private static int hash(byte[] utf8, int offset, int length) {
    int h = 0;
    for (int i = offset; i < offset + length; i++) {
      h = 31 * h + utf8[i];
    }
    return h ^ (h >>> 16);
  }
}
