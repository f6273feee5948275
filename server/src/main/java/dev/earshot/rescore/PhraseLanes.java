package dev.earshot.rescore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The sounds of phrases side by side, so that one phone is compared with many of them in a loop
 * that the JVM turns into vector instructions: lanes are sounds, longest first, columns their
 * phones. What is known of lanes is packed four to a number, 16 bits of each. Immutable and
 * thread-safe.
 *
 * @param variants of each lane, its sound's number in the table
 * @param lengths of each lane, its phones
 * @param active by column, how many packs of lanes have a phone there: the first so many
 * @param runs where lanes of the same length begin, and the end of the last
 * @param pairs by column and pair of lanes, their phones as one {@link PhoneDistance#pair}
 * @param losses by column and pack, what losing the phone costs, in {@link PhoneDistance}'s units
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record PhraseLanes(
    int[] variants, int[] lengths, int[] active, int[] runs, char[][] pairs, long[][] losses) {
  /** Lanes in one number. */
  static final int PACK = 4;

  /** The bits of a lane in it. */
  static final int BITS = 16;

  /** The most lanes: long loops pay for their beginning, rows still fit a processor's caches. */
  static final int MOST = 2048;

  /** The sounds of a table in as few sets of lanes as hold them. */
  static List<PhraseLanes> of(byte[] phones, int[] starts, int[] lengths) {
    int[] longestFirst =
        IntStream.range(0, lengths.length)
            .boxed()
            .sorted(Comparator.comparingInt((Integer variant) -> -lengths[variant]))
            .mapToInt(Integer::intValue)
            .toArray();
    List<PhraseLanes> all = new ArrayList<>();
    int sets = (lengths.length + MOST - 1) / MOST;
    int each = PACK * packs((lengths.length + sets - 1) / Math.max(1, sets));
    for (int from = 0; from < longestFirst.length; from += each) {
      int count = Math.min(each, longestFirst.length - from);
      int[] variants = new int[count];
      int[] ofLanes = new int[count];
      for (int lane = 0; lane < count; lane++) {
        variants[lane] = longestFirst[from + lane];
        ofLanes[lane] = lengths[variants[lane]];
      }
      int columns = ofLanes[0];
      int[] active = new int[columns];
      char[][] pairs = new char[columns][];
      byte[] byLane = new byte[packs(count) * PACK];
      long[][] losses = new long[columns][];
      for (int column = 0; column < columns; column++) {
        int lanes = count;
        while (ofLanes[lanes - 1] <= column) {
          lanes--;
        }
        active[column] = packs(lanes);
        Arrays.fill(byLane, (byte) 0);
        losses[column] = new long[active[column]];
        for (int lane = 0; lane < lanes; lane++) {
          byte phone = phones[starts[variants[lane]] + column];
          byLane[lane] = phone;
          long loss = PhoneDistance.lossUnits(phone);
          losses[column][lane / PACK] |= loss << (lane % PACK * BITS);
        }
        pairs[column] = new char[active[column] * PACK / 2];
        for (int pair = 0; pair < pairs[column].length; pair++) {
          pairs[column][pair] = PhoneDistance.pair(byLane[2 * pair], byLane[2 * pair + 1]);
        }
      }
      all.add(new PhraseLanes(variants, ofLanes, active, runs(ofLanes), pairs, losses));
    }
    return all;
  }

  private static int[] runs(int[] lengths) {
    return IntStream.rangeClosed(0, lengths.length)
        .filter(lane -> lane == 0 || lane == lengths.length || lengths[lane] != lengths[lane - 1])
        .toArray();
  }

  private static int packs(int lanes) {
    return (lanes + PACK - 1) / PACK;
  }

  int size() {
    return variants.length;
  }

  /** Of all lanes. */
  int packs() {
    return packs(size());
  }

  /** The phones of the longest. */
  int columns() {
    return active.length;
  }
}
