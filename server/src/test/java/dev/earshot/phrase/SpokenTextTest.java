package dev.earshot.phrase;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpokenTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Meg Bauer                     | meg bauer
          Highway 61                    | highway sixty one
          J. R. Smith                   | j r smith
          J.R. Smith                    | j r smith
          J.R.R. Tolkien                | j r r tolkien
          I.B.M.                        | i b m
          AT&T                          | a t and t
          R&B Hits                      | r and b hits
          Simon & Garfunkel             | simon and garfunkel
          BBC News                      | b b c news
          AC/DC                         | ac dc
          U2                            | u two
          24K Magic                     | twenty four k magic
          1984                          | nineteen eighty four
          2001: A Space Odyssey         | two thousand one a space odyssey
          747 Diner                     | seven forty seven diner
          Route 101                     | route one oh one
          900 Pepper Tree Lane          | nine hundred pepper tree lane
          90210                         | nine oh two one oh
          $3,650                        | three thousand six hundred fifty dollars
          1:30 pm                       | one thirty pm
          7:05                          | seven oh five
          6:00                          | six o'clock
          3rd Street                    | third street
          42nd Street                   | forty second street
          St. James St.                 | saint james street
          Dr. Smith                     | doctor smith
          Mulholland Dr.                | mulholland drive
          Ask Dr. Smith About It        | ask doctor smith about it
          100 Main St. Springfield      | one hundred main street springfield
          they 're here                 | they're here
          Mr. Jones Jr.                 | mister jones junior
          Rocky II                      | rocky two
          Singular Act I                | singular act i
          Meg's lamp                    | meg's lamp
          Meg’s lamp                    | meg's lamp
          adele 's                      | adele's
          Beyoncé                       | beyonce
          Mötley Crüe                   | motley crue
          child-friendly                | child friendly
          amazon.com                    | amazon dot com
          Shazam!                       | shazam
          50%                           | fifty percent
          Wilco (Live)                  | wilco live
          3.5                           | three point five
          """)
  void becomesWordsAsTheyAreSaid(String written, String spoken) {
    assertThat(PhraseMaker.spoken(written, "en-US")).isEqualTo(spoken);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Straße 7       | straße 7
          Café de l'Été  | café de l'été
          東京           | 東京
          """)
  void keepsNumbersAndMarksOfOtherLanguages(String written, String spoken) {
    assertThat(PhraseMaker.spoken(written, "de-DE")).isEqualTo(spoken);
  }

  @ParameterizedTest
  @CsvSource({"'?!'", "'...'", "' - '", "'😀'"})
  void holdsNoWordsWhereNothingIsSaid(String written) {
    assertThat(PhraseMaker.spoken(written, "")).isEmpty();
  }
}
