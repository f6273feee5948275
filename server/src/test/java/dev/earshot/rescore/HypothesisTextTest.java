package dev.earshot.rescore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HypothesisTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          wake me at 5:30 | wake me at five thirty
          the 2nd of May, please. | the second of may please
          $12.50 to Meg | twelve dollars fifty to meg
          at 5:30pm | at five thirty pm
          Highway 61 | highway sixty one
          call Dr. Smith | call doctor smith
          Call Dr. Smith | call doctor smith
          go to St. James Street | go to saint james street
          Main St. is closed | main street is closed
          it 's adele 's, is n't it | it's adele's is n't it
          rock 'n roll | rock n roll
          they’re here | they're here
          play U2 | play u two
          Beyoncé | beyonce
          <unk> bower [noise here] now | bower now
          PLAY BBC NEWS MR SMITH | play bbc news mr smith
          BBC | b b c
          some re-recorded songs | some re recorded songs
          """)
  void isReadAsItIsSaid(String heard, String spoken) {
    assertThat(String.join(" ", HypothesisText.of(heard, true).words())).isEqualTo(spoken);
  }

  @ParameterizedTest
  @CsvSource({"straße 7, straße 7", "mu\u0308ller-straße, müller straße", "東京, 東京"})
  void keepsNumbersAndMarksOfOtherLanguages(String heard, String spoken) {
    assertThat(String.join(" ", HypothesisText.of(heard, false).words())).isEqualTo(spoken);
  }

  @Test
  void wordsStandWhereTheyAreWritten() {
    HypothesisText text = HypothesisText.of("“It 's  Meg’s e-mail”, 👍 at 5:30.", true);

    assertThat(text.words()).containsExactly("it's", "meg's", "e", "mail", "at", "five", "thirty");
    assertThat(written(text, 0, 1)).isEqualTo("It 's");
    assertThat(written(text, 1, 2)).isEqualTo("Meg’s");
    assertThat(written(text, 3, 4)).isEqualTo("mail");
    assertThat(written(text, 5, 7)).isEqualTo("5:30");
  }

  @Test
  void whatIsWrittenAsOneIsReplacedAsOne() {
    HypothesisText text = HypothesisText.of("at 5:30 re-play AT&T", true);

    assertThat(text.words())
        .containsExactly("at", "five", "thirty", "re", "play", "a", "t", "and", "t");
    assertThat(text.canEnd(2)).isFalse();
    assertThat(text.canBegin(2)).isFalse();
    assertThat(text.canEnd(3)).isTrue();
    assertThat(text.canBegin(4)).isTrue();
    assertThat(text.canBegin(5)).isTrue();
    assertThat(text.canBegin(6)).isFalse();
    assertThat(text.canEnd(9)).isTrue();
  }

  private static String written(HypothesisText text, int from, int to) {
    return text.text().substring(text.start(from), text.end(to - 1));
  }
}
