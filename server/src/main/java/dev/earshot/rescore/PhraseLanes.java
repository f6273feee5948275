package dev.earshot.rescore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The sounds of phrases side by side, so that one phone is compared with many of them in a loop
 * that the JVM turns into vector instructions: lanes are sounds, longest first, columns their
 * phones. Immutable and thread-safe.
 *
 * @param variants of each lane, its sound's number in the table
 * @param lengths of each lane, its phones
 * @param active by column, how many lanes have a phone there: the first so many
 * @param phones by column and lane
 * @param losses by column and lane, what losing the phone costs, in {@link PhoneDistance}'s units
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record PhraseLanes(int[] variants, int[] lengths, int[] active, byte[][] phones, int[][] losses) {
  /** The most lanes: rows of so many stay in the processor's fast caches. */
  static final int MOST = 256;

  /** The sounds of a table in as few sets of lanes as hold them. */
  static List<PhraseLanes> of(byte[] phones, int[] starts, int[] lengths) {
    int[] longestFirst =
        IntStream.range(0, lengths.length)
            .boxed()
            .sorted(Comparator.comparingInt((Integer variant) -> -lengths[variant]))
            .mapToInt(Integer::intValue)
            .toArray();
    List<PhraseLanes> all = new ArrayList<>();
    for (int from = 0; from < longestFirst.length; from += MOST) {
      int count = Math.min(MOST, longestFirst.length - from);
      int[] variants = new int[count];
      int[] ofLanes = new int[count];
      for (int lane = 0; lane < count; lane++) {
        variants[lane] = longestFirst[from + lane];
        ofLanes[lane] = lengths[variants[lane]];
      }
      int columns = ofLanes[0];
      int[] active = new int[columns];
      byte[][] byColumn = new byte[columns][];
      int[][] losses = new int[columns][];
      for (int column = 0; column < columns; column++) {
        int lanes = count;
        while (ofLanes[lanes - 1] <= column) {
          lanes--;
        }
        active[column] = lanes;
        byColumn[column] = new byte[lanes];
        losses[column] = new int[lanes];
        for (int lane = 0; lane < lanes; lane++) {
          byte phone = phones[starts[variants[lane]] + column];
          byColumn[column][lane] = phone;
          losses[column][lane] = PhoneDistance.lossUnits(phone);
        }
      }
      all.add(new PhraseLanes(variants, ofLanes, active, byColumn, losses));
    }
    return all;
  }

  int size() {
    return variants.length;
  }

  /** The phones of the longest. */
  int columns() {
    return active.length;
  }
}
