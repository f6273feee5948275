package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpokenFormTest {
  private final SpokenForm spoken = new SpokenForm();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "No, Bauer! | no bauer",
        "Meg's phone; O'Brien’s | meg's phone o'brien's",
        "the Joneses' 'house' | the joneses house",
        "joe 's i ca n't | joe's i can't",
        "Blackmail - Cinemix Par Chloé | blackmail cinemix par chloe",
        "Dr. Strangelove and Mr Fox | doctor strangelove and mister fox",
        "i. b. m. and U.S.A. | i b m and u s a",
        "AT&T, 5% + 2 | at and t five percent plus two",
      })
  void keepsWordsAndTheApostrophesWithin(String text, String expected) {
    assertThat(spoken.of(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "21 lamps | twenty one lamps",
        "1,200 | one thousand two hundred",
        "7.5 | seven point five",
        "007 5551234 | zero zero seven five five five one two three four",
        "in 2014 and 1984, 2005 and 1900 | in twenty fourteen and nineteen eighty four two thousand five and nineteen hundred",
        "the 1980s, the 80's | the nineteen eighties the eighties",
        "March 6th and the 21st | march sixth and the twenty first",
        "$3,462.27 and $1 | three thousand four hundred sixty two dollars twenty seven and one dollar",
        "7:30 p.m. or 7.05 PM or 10 a.m. | seven thirty pm or seven oh five pm or ten am",
        "at 8:00 | at eight",
        "route 66b | route sixty six b",
      })
  void spellsNumbersOut(String text, String expected) {
    assertThat(spoken.of(text)).isEqualTo(expected);
  }

  @Test
  void leavesNothingOfSigns() {
    assertThat(spoken.of(" ... ?! ")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"seven thirty pm", "i b m", "o'brien's", "twenty fourteen"})
  void leavesSpokenFormsAsTheyAre(String text) {
    assertThat(spoken.of(text)).isEqualTo(text);
  }
}
