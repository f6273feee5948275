package dev.earshot.app.eval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordErrorsTest {
  @ParameterizedTest
  @CsvSource({
    "no bauer, no power, 1",
    "bauer, bauer, 0",
    "meg bauer, make tower now, 3",
    "bauer, '', 1",
    "'', a b, 2",
    "turn it on, it on, 1",
  })
  void countsWordsPutInLeftOutAndReplaced(String reference, String heard, int errors) {
    assertThat(WordErrors.between(WordErrors.words(reference), WordErrors.words(heard)))
        .isEqualTo(errors);
  }
}
