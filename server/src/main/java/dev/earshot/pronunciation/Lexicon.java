package dev.earshot.pronunciation;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Words, how they sound and how ordinary they are, packed into some megabytes. Its file is
 * described in {@code models/README.md}.
 *
 * <p>Immutable and thread-safe; looking up allocates nothing.
 */
public final class Lexicon {
  private static final byte[] MAGIC = {'E', 'A', 'R', 'S', 'H', 'O', 'T', 'L', 'E', 'X', 1};
  private static final int MAX_WORDS = 1 << 22;
  private static final float STEPS = 20;

  /** Of each word, its letters; then how ordinary, how many pronunciations, their phones. */
  private final byte[] packed;

  /** Where each word begins in {@link #packed}, and where the last ends. */
  private final int[] starts;

  private Lexicon(byte[] packed, int[] starts) {
    this.packed = packed;
    this.starts = starts;
  }

  /**
   * Reads a compiled lexicon.
   *
   * @param file the bytes of the file
   * @throws IOException if they are not those of a lexicon
   */
  public static Lexicon read(byte[] file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new GZIPInputStream(new ByteArrayInputStream(file), 1 << 16))) {
      byte[] magic = in.readNBytes(MAGIC.length);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new IOException("not a lexicon of format 1");
      }
      int words = in.readInt();
      if (words < 0 || words > MAX_WORDS) {
        throw new IOException("words: " + words + " (expected: 0–" + MAX_WORDS + ")");
      }
      int[] starts = new int[words + 1];
      byte[] packed = new byte[words * 24 + 16];
      byte[] word = new byte[512];
      int length = 0;
      int end = 0;
      for (int i = 0; i < words; i++) {
        int shared = in.readUnsignedByte();
        int further = in.readUnsignedByte();
        if (shared > length || shared + further == 0) {
          throw new IOException("word " + i + ": not made from the one before");
        }
        in.readFully(word, shared, further);
        length = shared + further;
        starts[i] = end;
        packed = ensure(packed, end + length + 3);
        packed[end++] = (byte) length;
        System.arraycopy(word, 0, packed, end, length);
        end += length;
        packed[end++] = in.readByte();
        int pronunciations = in.readUnsignedByte();
        packed[end++] = (byte) pronunciations;
        for (int j = 0; j < pronunciations; j++) {
          int phones = in.readUnsignedByte();
          packed = ensure(packed, end + phones + 3);
          packed[end++] = (byte) phones;
          in.readFully(packed, end, phones);
          for (int k = 0; k < phones; k++) {
            if (packed[end + k] < 0 || packed[end + k] >= Phone.COUNT) {
              throw new IOException("word " + i + ": no such phone");
            }
          }
          end += phones;
        }
      }
      starts[words] = end;
      return new Lexicon(Arrays.copyOf(packed, end), starts);
    }
  }

  private static byte[] ensure(byte[] bytes, int length) {
    return length <= bytes.length
        ? bytes
        : Arrays.copyOf(bytes, Math.max(length, bytes.length * 2));
  }

  /** How many words it holds. */
  public int size() {
    return starts.length - 1;
  }

  /**
   * Looks a word up.
   *
   * @param word in small letters, with {@code '} where it has one
   * @return its number, or −1
   */
  public int find(CharSequence word) {
    int low = 0;
    int high = size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(middle, word);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /**
   * How ordinary a word is.
   *
   * @param number from {@link #find}; −1: not in the lexicon
   * @return its Zipf frequency, log10 of its uses in a billion words; 0: rarer than any listed
   */
  public float zipf(int number) {
    return number < 0 ? 0 : (packed[afterLetters(number)] & 0xff) / STEPS;
  }

  /** How a word sounds, likeliest first; empty: not known. */
  public List<Pronunciation> pronunciations(int number) {
    if (number < 0) {
      return List.of();
    }
    int at = afterLetters(number) + 1;
    int count = packed[at++];
    List<Pronunciation> all = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int phones = packed[at++];
      all.add(Pronunciation.of(packed, at, at + phones));
      at += phones;
    }
    return all;
  }

  private int afterLetters(int number) {
    int start = starts[number];
    return start + 1 + (packed[start] & 0xff);
  }

  private int compare(int number, CharSequence word) {
    int start = starts[number] + 1;
    int length = packed[start - 1] & 0xff;
    int shared = Math.min(length, word.length());
    for (int i = 0; i < shared; i++) {
      int difference = packed[start + i] - word.charAt(i);
      if (difference != 0) {
        return difference;
      }
    }
    return length - word.length();
  }
}
