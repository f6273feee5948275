package dev.earshot.model;

import dev.earshot.core.Pauses;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Many short strings, numbered from 0, in one byte array, with a hash index from string to number.
 * A {@code String} object, its array and a map entry take some 120 bytes for a skill's id; this
 * takes its UTF-8 bytes and 12 to 20 more.
 *
 * <p>Immutable and thread-safe.
 */
final class StringTable {
  private static final int NONE = -1;

  private final byte[] bytes;
  private final int[] ends;
  private final int[] index;

  private StringTable(byte[] bytes, int[] ends, int[] index) {
    this.bytes = bytes;
    this.ends = ends;
    this.index = index;
  }

  /** A table that finds strings by content; where one occurs twice, the first is found. */
  static StringTable indexed(List<byte[]> utf8) {
    return build(utf8, true);
  }

  /** A table that only gives strings by number. */
  static StringTable unindexed(List<byte[]> utf8) {
    return build(utf8, false);
  }

  private static StringTable build(List<byte[]> utf8, boolean indexed) {
    int total = utf8.stream().mapToInt(s -> s.length).sum();
    byte[] bytes = new byte[total];
    int[] ends = new int[utf8.size()];
    int end = 0;
    for (int i = 0; i < ends.length; i++) {
      byte[] s = utf8.get(i);
      System.arraycopy(s, 0, bytes, end, s.length);
      end += s.length;
      ends[i] = end;
    }
    int[] index = new int[0];
    if (indexed) {
      // A power of two that leaves the index between a third and two thirds full.
      index = new int[Integer.highestOneBit(Math.max(2, ends.length * 3 / 2)) * 2];
      Arrays.fill(index, NONE);
    }
    StringTable table = new StringTable(bytes, ends, index);
    if (indexed) {
      for (int i = 0; i < ends.length; i++) {
        Pauses.between(i);
        table.insert(i);
      }
    }
    return table;
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
