package dev.earshot.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TokenizerTest {
  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static Bundle bundle;

  @BeforeAll
  static void open() throws Exception {
    bundle = Bundle.open(Bundles.DEFAULT);
  }

  @Test
  void givesTheIdsOfEveryGoldenText() throws Exception {
    List<GoldenVectors.Golden> vectors = GoldenVectors.read(bundle).vectors();

    assertThat(vectors).hasSizeGreaterThan(200);
    for (GoldenVectors.Golden golden : vectors) {
      assertThat(bundle.tokenizer().tokenize(golden.text()))
          .isEqualTo(new Tokens(golden.wordIds(), golden.unknownNgrams()));
    }
  }

  @Test
  void takesCaseAndCompatibilityFormsForTheSame() {
    Tokens plain = tokenize("play cafe music");

    assertThat(tokenize("PLAY Café  music!")).isEqualTo(plain);
    assertThat(tokenize("play cafe\u0301 music")).isEqualTo(plain);
    assertThat(tokenize("ｐｌａｙ ｃａｆｅ ｍｕｓｉｃ")).isEqualTo(plain);
  }

  @Test
  void givesATextWithoutWordsTheEmptyToken() {
    for (String text : List.of("", " \t\n", "?!…", "'''", "🎵🎶", "\ud800")) {
      assertThat(tokenize(text).wordIds()).containsExactly(Tokenizer.EMPTY);
    }
  }

  @Test
  void readsNoMoreThanTheFirstWords() {
    int max = bundle.tokenizer().maxWords();

    assertThat(tokenize("la ".repeat(max + 7))).isEqualTo(tokenize("la ".repeat(max)));
    assertThat(tokenize("la ".repeat(max + 7)).length()).isEqualTo(max);
  }

  @Test
  void describesAnUnknownWordByItsNgrams() {
    Tokens tokens = tokenize("play zzxqvbr");

    assertThat(tokens.wordIds()[1]).isEqualTo(Tokenizer.UNKNOWN);
    // "<zzxqvbr>" has nine characters: seven, six and five n-grams of 3, 4 and 5.
    assertThat(tokens.unknownNgrams()).singleElement().satisfies(n -> assertThat(n).hasSize(18));
  }

  @Test
  void givesFoldedLettersWithOneSpaceBetweenWords() {
    assertThat(bundle.tokenizer().characters(" \tCaf\u00e9, \u2014 D\u2019or! ", 64))
        .containsExactly("cafe d'or".codePoints().toArray());
    assertThat(bundle.tokenizer().characters("?!", 64)).containsExactly(' ');
    assertThat(bundle.tokenizer().characters("la ".repeat(100), 8))
        .containsExactly("la la la".codePoints().toArray());
    // No space stands at the end, where the next word is cut off.
    assertThat(bundle.tokenizer().characters("la la la", 3)).containsExactly('l', 'a');
  }

  @Test
  void cutsWordsThatNeverEnd() {
    Tokens tokens = tokenize("z".repeat(100_000));

    assertThat(tokens.length()).isEqualTo(1);
    assertThat(tokens.unknownNgrams().get(0).length)
        .isLessThanOrEqualTo(bundle.manifest().tokenizer().maxNgrams());
  }

  private static Tokens tokenize(String text) {
    return bundle.tokenizer().tokenize(text);
  }
}
