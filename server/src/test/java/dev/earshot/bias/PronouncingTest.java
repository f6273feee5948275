package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.pronunciation.GraphemeToPhoneme;
import dev.earshot.pronunciation.Lexicon;
import dev.earshot.pronunciation.Pronouncer;
import dev.earshot.pronunciation.Pronunciation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PronouncingTest {
  private static final Path SHIPPED = Path.of("../models/bias");
  private static Sounds sounds;
  private static Pronouncing pronouncing;

  @BeforeAll
  static void load() throws IOException {
    Pronouncer pronouncer =
        new Pronouncer(
            Lexicon.read(Files.readAllBytes(SHIPPED.resolve("lexicon.bin"))),
            GraphemeToPhoneme.read(Files.readAllBytes(SHIPPED.resolve("g2p.bin"))),
            Set.of("en"));
    sounds =
        new Sounds() {
          @Override
          public boolean speaks(String locale) {
            return pronouncer.speaks(locale);
          }

          @Override
          public List<Pronunciation> pronounce(String text) {
            return pronouncer.pronounce(text);
          }
        };
    pronouncing = new Pronouncing(Optional.of(sounds));
  }

  @Test
  void aPartSoundsAsItDoesInTheWhole() {
    List<BiasPhrase> stated =
        Pronouncing.stated(
            List.of(phrase("megan bauer", "M IY G AH N B OY ER", "M EY G AH N B AW EH R")));

    assertThat(pronounced("bauer", stated)).containsExactly("B OY ER", "B AW EH R");
    assertThat(pronounced("megan", stated)).containsExactly("M IY G AH N", "M EY G AH N");
    assertThat(pronounced("meg", stated)).isEqualTo(workedOut("meg"));
  }

  @Test
  void whatCannotBeAlignedIsWorkedOut() {
    assertThat(pronounced("bauer", Pronouncing.stated(List.of(phrase("megan bauer", "M")))))
        .isEqualTo(workedOut("bauer"));
  }

  @Test
  void whatIsStatedStays() {
    List<BiasPhrase> stated = Pronouncing.stated(List.of(phrase("meg bauer", "M EH G B OY ER")));

    assertThat(pronouncing.pronounced(phrase("bauer", "B AW R"), stated).pronunciations())
        .extracting(Pronunciation::toString)
        .containsExactly("B AW R");
  }

  private static List<String> pronounced(String text, List<BiasPhrase> stated) {
    return pronouncing.pronounced(phrase(text), stated).pronunciations().stream()
        .map(Pronunciation::toString)
        .toList();
  }

  private static List<String> workedOut(String text) {
    return sounds.pronounce(text).stream().map(Pronunciation::toString).toList();
  }

  private static BiasPhrase phrase(String text, String... pronunciations) {
    return new BiasPhrase(
        text,
        4,
        text,
        Arrays.stream(pronunciations).map(p -> Pronunciation.parse(p).orElseThrow()).toList(),
        "CONTACT",
        PhraseSource.PROFILE,
        "");
  }
}
