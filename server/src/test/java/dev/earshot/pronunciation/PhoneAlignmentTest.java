package dev.earshot.pronunciation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PhoneAlignmentTest {
  @Test
  void findsWhereWordsMeet() {
    List<Pronunciation> words = List.of(phones("M EH G"), phones("B AW ER"));

    assertThat(PhoneAlignment.part(phones("M EY G B OY ER"), words, 0, 1))
        .contains(phones("M EY G"));
    assertThat(PhoneAlignment.part(phones("M EY G B OY ER"), words, 1, 2))
        .contains(phones("B OY ER"));
    assertThat(PhoneAlignment.part(phones("M EY G B OY ER"), words, 0, 2))
        .contains(phones("M EY G B OY ER"));
  }

  @Test
  void holdsOntoTheWordThatSoundsAsUsual() {
    List<Pronunciation> words =
        List.of(phones("S AY AA B HH AE N"), phones("L IY"), phones("W EY D"));
    Pronunciation phrase = phones("SH AH V AO N L IY W EY D");

    assertThat(PhoneAlignment.part(phrase, words, 0, 1)).contains(phones("SH AH V AO N"));
    assertThat(PhoneAlignment.part(phrase, words, 1, 2)).contains(phones("L IY"));
    assertThat(PhoneAlignment.part(phrase, words, 1, 3)).contains(phones("L IY W EY D"));
  }

  @Test
  void givesVowelsToVowels() {
    List<Pronunciation> words = List.of(phones("AH N"), phones("OW"));

    assertThat(PhoneAlignment.part(phones("AH IY"), words, 0, 1)).contains(phones("AH"));
    assertThat(PhoneAlignment.part(phones("AH IY"), words, 1, 2)).contains(phones("IY"));
  }

  @Test
  void leavesNoWordWithoutAPhone() {
    List<Pronunciation> words = List.of(phones("M EH G"), phones("B AW ER"), phones("L IY"));

    assertThat(PhoneAlignment.part(phones("M EH"), words, 0, 1)).isEmpty();
  }

  private static Pronunciation phones(String arpabet) {
    return Pronunciation.parse(arpabet).orElseThrow();
  }
}
