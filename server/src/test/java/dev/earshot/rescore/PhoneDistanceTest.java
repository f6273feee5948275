package dev.earshot.rescore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.pronunciation.Phone;
import dev.earshot.pronunciation.Pronunciation;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PhoneDistanceTest {
  private final PhoneDistance distance = new PhoneDistance();

  @Test
  void soundsThatAreMadeAlikeAreNearEachOther() {
    assertThat(between("P AW ER", "B AW ER")).isLessThan(between("P AW ER", "S AW ER"));
    assertThat(between("M EH G", "M AE G")).isLessThan(between("M EH G", "M UW G"));
    assertThat(between("M EH G", "M EH G")).isZero();
  }

  @Test
  void whatIsSpokenFaintlyIsLostMoreEasily() {
    assertThat(between("HH IH Z", "IH Z")).isLessThan(between("K IH Z", "IH Z"));
  }

  @Test
  void isTheSameInBothDirections() {
    for (int i = 0; i < Phone.COUNT; i++) {
      for (int j = 0; j < Phone.COUNT; j++) {
        assertThat(PhoneDistance.substitution(i, j)).isEqualTo(PhoneDistance.substitution(j, i));
        assertThat(PhoneDistance.substitution(i, j)).isBetween(0f, 1f);
      }
    }
  }

  @Test
  void givesUpAboveTheLimitAndNeverBelowIt() {
    Random random = new Random(1);
    for (int round = 0; round < 2_000; round++) {
      byte[] a = phones(random);
      byte[] b = phones(random);
      float exact = distance.between(a, 0, a.length, b, 0, b.length, Float.MAX_VALUE / 4_096);
      float limit = random.nextFloat() * 5;
      float limited = distance.between(a, 0, a.length, b, 0, b.length, limit);
      if (exact <= limit) {
        assertThat(limited).isEqualTo(exact);
      } else {
        assertThat(limited).isGreaterThan(limit);
      }
    }
  }

  @Test
  void signaturesDifferByNoMoreThanTheSequencesDo() {
    Random random = new Random(2);
    for (int round = 0; round < 2_000; round++) {
      byte[] a = phones(random);
      byte[] b = a.clone();
      int changes = 1 + random.nextInt(3);
      for (int i = 0; i < changes; i++) {
        b[random.nextInt(b.length)] = (byte) random.nextInt(Phone.COUNT);
      }
      assertThat(
              PhoneSignature.difference(
                  PhoneSignature.of(a, 0, a.length), PhoneSignature.of(b, 0, b.length)))
          .isLessThanOrEqualTo(2 * changes);
    }
  }

  private static byte[] phones(Random random) {
    byte[] phones = new byte[1 + random.nextInt(9)];
    for (int i = 0; i < phones.length; i++) {
      phones[i] = (byte) random.nextInt(Phone.COUNT);
    }
    return phones;
  }

  private float between(String one, String other) {
    byte[] a = codes(one);
    byte[] b = codes(other);
    return distance.between(a, 0, a.length, b, 0, b.length, 100);
  }

  private static byte[] codes(String arpabet) {
    Pronunciation pronunciation = Pronunciation.parse(arpabet).orElseThrow();
    byte[] codes = new byte[pronunciation.length()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) pronunciation.codeAt(i);
    }
    return codes;
  }
}
