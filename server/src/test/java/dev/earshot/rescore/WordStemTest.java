package dev.earshot.rescore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordStemTest {
  @ParameterizedTest
  @CsvSource({
    "schedules, scheduled",
    "starbuck's, starbucks",
    "bauer's, bauer",
    "meg's, meg",
    "walk, walking",
    "story, stories",
    "locations, location"
  })
  void isTheSameOfAWordsForms(String word, String other) {
    assertThat(WordStem.of(word)).isEqualTo(WordStem.of(other));
  }

  @ParameterizedTest
  @CsvSource({"bus, bu", "red, r", "his, hi", "power, bauer"})
  void keepsShortWordsAndOthersApart(String word, String other) {
    assertThat(WordStem.of(word)).isNotEqualTo(WordStem.of(other));
  }
}
