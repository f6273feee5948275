package dev.earshot.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What becomes of each Unicode code point before words are cut: kept, replaced, dropped, or a
 * separator. A two-stage table, whose pages of 256 code points are shared where they are alike.
 *
 * <p>Immutable and thread-safe.
 */
final class Folding {
  static final String FILE = "folding.tsv";

  /** The code point ends a word. */
  static final int SEPARATOR = -1;

  /** The code point stands as it is. */
  static final int KEEP = -2;

  private static final int PAGE_BITS = 8;
  private static final int PAGE_SIZE = 1 << PAGE_BITS;
  private static final int PAGES = (Character.MAX_CODE_POINT + 1) >> PAGE_BITS;

  private final int[][] pages;
  private final int[][] replacements;

  private Folding(int[][] pages, int[][] replacements) {
    this.pages = pages;
    this.replacements = replacements;
  }

  /** {@link #SEPARATOR}, {@link #KEEP}, or the number of a {@link #replacement}. */
  int of(int codePoint) {
    return pages[codePoint >> PAGE_BITS][codePoint & (PAGE_SIZE - 1)];
  }

  /** The code points that replace one; empty where it vanishes. */
  int[] replacement(int number) {
    return replacements[number];
  }

  static Folding parse(byte[] file) throws BundleException {
    int[] separators = filled(SEPARATOR);
    int[] kept = filled(KEEP);
    int[][] pages = new int[PAGES][];
    Arrays.fill(pages, separators);
    boolean[] owned = new boolean[PAGES];
    List<int[]> replacements = new ArrayList<>();
    int previousEnd = -1;
    int lineNumber = 0;
    for (String line : new String(file, StandardCharsets.UTF_8).split("\n", -1)) {
      lineNumber++;
      if (line.isEmpty()) {
        continue;
      }
      String[] fields = line.split("\t", -1);
      if (fields.length != 3) {
        throw problem(lineNumber, "three fields separated by tabs");
      }
      int start = codePoint(fields[0], lineNumber);
      int end = codePoint(fields[1], lineNumber);
      boolean keep = fields[2].equals("=");
      if (start > end || start <= previousEnd || (!keep && start != end)) {
        throw problem(lineNumber, "rules sorted by code point, without overlap");
      }
      previousEnd = end;
      int rule = KEEP;
      if (!keep) {
        rule = replacements.size();
        replacements.add(fields[2].codePoints().toArray());
      }
      for (int from = start; from <= end; ) {
        int page = from >> PAGE_BITS;
        int to = Math.min(end, (page << PAGE_BITS) + PAGE_SIZE - 1);
        boolean whole = to - from == PAGE_SIZE - 1;
        if (whole && keep) {
          pages[page] = kept;
        } else {
          if (!owned[page]) {
            pages[page] = separators.clone();
            owned[page] = true;
          }
          Arrays.fill(pages[page], from & (PAGE_SIZE - 1), (to & (PAGE_SIZE - 1)) + 1, rule);
        }
        from = to + 1;
      }
    }
    return new Folding(pages, replacements.toArray(int[][]::new));
  }

  private static int codePoint(String hex, int lineNumber) throws BundleException {
    try {
      int value = Integer.parseInt(hex, 16);
      if (Character.isValidCodePoint(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a value out of range.
    }
    throw problem(lineNumber, "code points as hexadecimal numbers up to 10FFFF");
  }

  private static BundleException problem(int lineNumber, String expected) {
    return new BundleException(FILE, "line " + lineNumber + " (expected: " + expected + ")");
  }

  private static int[] filled(int value) {
    int[] page = new int[PAGE_SIZE];
    Arrays.fill(page, value);
    return page;
  }
}
