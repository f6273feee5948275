package dev.earshot.pronunciation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** With the lexicon and the model that are shipped. */
class PronouncerTest {
  private static final Path SHIPPED = Path.of("../models/bias");
  private static Pronouncer pronouncer;

  @BeforeAll
  static void load() throws IOException {
    pronouncer =
        new Pronouncer(
            Lexicon.read(Files.readAllBytes(SHIPPED.resolve("lexicon.bin"))),
            GraphemeToPhoneme.read(Files.readAllBytes(SHIPPED.resolve("g2p.bin"))),
            Set.of("en"));
  }

  @Test
  void knowsEveryWayOfSayingAWordOfTheLexicon() {
    assertThat(pronouncer.pronounceWord("bauer").get(0)).hasToString("B AW ER");
    assertThat(pronouncer.pronounceWord("tomato"))
        .extracting(Pronunciation::toString)
        .contains("T AH M EY T OW", "T AH M AA T OW");
  }

  @Test
  void worksOutAWordThatNoLexiconHas() {
    assertThat(pronouncer.lexicon().find("earshotter")).isNegative();
    assertThat(pronouncer.pronounceWord("earshotter"))
        .extracting(Pronunciation::toString)
        .hasSize(2)
        .contains("IH R SH AA T ER");
  }

  @Test
  void saysAPhraseWordByWord() {
    assertThat(pronouncer.pronounce("meg bauer").get(0)).hasToString("M EH G B AW ER");
    assertThat(pronouncer.pronounce("meg  bauer").get(0)).hasToString("M EH G B AW ER");
  }

  @Test
  void saysAPhraseInNoMoreWaysThanItKeeps() {
    assertThat(pronouncer.pronounce("the tomato either route"))
        .hasSize(Pronouncer.MOST)
        .doesNotHaveDuplicates();
  }

  @Test
  void hissesPossessivesAsTheWordBeforeThemEnds() {
    assertThat(pronouncer.pronounceWord("zzyx's").get(0).toString()).endsWith("IH Z");
    assertThat(pronouncer.pronounceWord("brocket's").get(0).toString()).endsWith("T S");
    assertThat(pronouncer.pronounceWord("bauerly's").get(0).toString()).endsWith("IY Z");
  }

  @Test
  void hasNothingToSayOfWhatIsNoWord() {
    assertThat(pronouncer.pronounce("")).isEmpty();
    assertThat(pronouncer.pronounce("   ")).isEmpty();
    assertThat(pronouncer.pronounce("12 34")).isEmpty();
    assertThat(pronouncer.pronounce("ʔ漢字")).isEmpty();
  }

  @Test
  void speaksItsOwnLanguageInEveryRegionAndNoOther() {
    assertThat(pronouncer.speaks("")).isTrue();
    assertThat(pronouncer.speaks("en-GB")).isTrue();
    assertThat(pronouncer.speaks("de")).isFalse();
  }

  @Test
  void tellsOrdinaryWordsFromRareOnes() {
    Lexicon lexicon = pronouncer.lexicon();
    assertThat(lexicon.zipf(lexicon.find("power"))).isGreaterThan(5);
    assertThat(lexicon.zipf(lexicon.find("bauer"))).isBetween(2f, 4.5f);
    assertThat(lexicon.zipf(lexicon.find("earshotter"))).isZero();
  }

  @Test
  void readsPhonesWithAndWithoutStress() {
    assertThat(Pronunciation.parse("B AW1 ER0")).contains(pronouncer.pronounceWord("bauer").get(0));
    assertThat(Pronunciation.parse(" b aw er ")).contains(pronouncer.pronounceWord("bauer").get(0));
    assertThat(Pronunciation.parse("")).isEmpty();
    assertThat(Pronunciation.parse("B QQ")).isEmpty();
    assertThat(Pronunciation.parse("B1 AW")).isEmpty();
  }

  @Test
  void refusesFilesThatAreDamaged() throws IOException {
    byte[] lexicon = Files.readAllBytes(SHIPPED.resolve("lexicon.bin"));
    byte[] letters = Files.readAllBytes(SHIPPED.resolve("g2p.bin"));
    byte[] halfLexicon = Arrays.copyOf(lexicon, lexicon.length / 2);
    byte[] halfLetters = Arrays.copyOf(letters, letters.length / 2);
    assertThatThrownBy(() -> Lexicon.read(letters)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> GraphemeToPhoneme.read(lexicon)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Lexicon.read(halfLexicon)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> GraphemeToPhoneme.read(halfLetters)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Lexicon.read(new byte[0])).isInstanceOf(IOException.class);
    // A phone that does not exist, in the first word that has one.
    byte[] plain = inflate(lexicon);
    for (int i = plain.length - 1; i > plain.length - 40; i--) {
      plain[i] = 77;
    }
    byte[] wrongPhones = deflate(plain);
    assertThatThrownBy(() -> Lexicon.read(wrongPhones)).isInstanceOf(IOException.class);
  }

  private static byte[] inflate(byte[] bytes) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  private static byte[] deflate(byte[] bytes) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
      out.write(bytes);
    }
    return compressed.toByteArray();
  }
}
