package dev.earshot.rescore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.pronunciation.Phone;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LaneDistanceTest {
  private static final int LEVELS = 4;
  private final PhoneDistance oneByOne = new PhoneDistance();
  private final LaneDistance distance = new LaneDistance(LEVELS);
  private final Random random = new Random(3);

  @Test
  void agreesWithTheDistanceOfEachPair() {
    for (int size : new int[] {1, 2, 7, 40, PhraseLanes.MOST, PhraseLanes.MOST + 1, 1100}) {
      byte[][] sounds = new byte[size][];
      for (int i = 0; i < size; i++) {
        sounds[i] = phones(1 + random.nextInt(i % 50 == 7 ? PhoneDistance.MAX_PHONES : 12));
      }
      List<PhraseLanes> all = lanes(sounds);
      assertThat(all.stream().mapToInt(PhraseLanes::size).sum()).isEqualTo(size);
      byte[] heard = phones(random.nextInt(size % 2 == 0 ? 20 : PhoneDistance.MAX_PHONES - 3));
      for (PhraseLanes lanes : all) {
        agree(lanes, sounds, heard);
      }
    }
  }

  /** In levels, of which some add nothing, and from each level once more by another end. */
  private void agree(PhraseLanes lanes, byte[][] sounds, byte[] heard) {
    distance.begin(lanes);
    int end = 0;
    for (int level = 0; level < LEVELS; level++) {
      byte[] aside = Arrays.copyOf(heard, end + 3);
      distance.extend(level, aside, end, aside.length);
      agree(lanes, sounds, aside, level + 1);
      int next = end + random.nextInt(heard.length - end + 1);
      distance.extend(level, heard, end, next);
      agree(lanes, sounds, Arrays.copyOf(heard, next), level + 1);
      end = next;
    }
  }

  private void agree(PhraseLanes lanes, byte[][] sounds, byte[] heard, int level) {
    for (int lane = 0; lane < lanes.size(); lane++) {
      byte[] sound = sounds[lanes.variants()[lane]];
      float expected =
          oneByOne.between(heard, 0, heard.length, sound, 0, sound.length, 100)
              / PhoneDistance.UNIT;
      assertThat(lanes.lengths()[lane]).isEqualTo(sound.length);
      assertThat(distance.total(level, sound.length, lane))
          .isEqualTo((int) Math.min(expected, LaneDistance.MOST));
    }
    findNext(lanes, level);
  }

  /**
   * By a limit that some lanes are within, if their lengths allow it, from somewhere to somewhere.
   */
  private void findNext(PhraseLanes lanes, int level) {
    int length = lanes.lengths()[random.nextInt(lanes.size())];
    int first = 0;
    while (lanes.lengths()[first] != length) {
      first++;
    }
    int end = first;
    while (end < lanes.size() && lanes.lengths()[end] == length) {
      end++;
    }
    int from = first + random.nextInt(end - first);
    int to = from + random.nextInt(end - from + 1);
    int limit =
        Math.max(
            0,
            distance.total(level, length, first + random.nextInt(end - first)) - random.nextInt(2));
    int expected = from;
    while (expected < to && distance.total(level, length, expected) > limit) {
      expected++;
    }
    assertThat(distance.next(level, length, from, to, limit)).isEqualTo(expected);
  }

  @Test
  void endsWhereCostsWouldNotFit() {
    byte[] longest = new byte[PhoneDistance.MAX_PHONES];
    Arrays.fill(longest, Phone.S.code());
    byte[] unlike = new byte[PhoneDistance.MAX_PHONES];
    Arrays.fill(unlike, Phone.OW.code());
    byte[] half = Arrays.copyOf(unlike, PhoneDistance.MAX_PHONES / 2);
    byte[][] sounds = {unlike, half, longest};
    PhraseLanes lanes = lanes(sounds).get(0);
    for (byte[] heard : sounds) {
      agree(lanes, sounds, heard);
      distance.begin(lanes);
      distance.extend(0, heard, 0, heard.length);
      agree(lanes, sounds, heard, 1);
    }
    assertThat(oneByOne.between(longest, 0, 64, unlike, 0, 64, 100) / PhoneDistance.UNIT)
        .isGreaterThan(LaneDistance.MOST);
  }

  private static List<PhraseLanes> lanes(byte[][] sounds) {
    int[] starts = new int[sounds.length];
    int[] lengths = new int[sounds.length];
    byte[] all = new byte[0];
    for (int i = 0; i < sounds.length; i++) {
      starts[i] = all.length;
      lengths[i] = sounds[i].length;
      all = Arrays.copyOf(all, all.length + lengths[i]);
      System.arraycopy(sounds[i], 0, all, starts[i], lengths[i]);
    }
    return PhraseLanes.of(all, starts, lengths);
  }

  private byte[] phones(int length) {
    byte[] phones = new byte[length];
    for (int i = 0; i < length; i++) {
      phones[i] = (byte) random.nextInt(Phone.COUNT);
    }
    return phones;
  }
}
