package dev.earshot.client.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.earshot.client.BiasPhrase;
import dev.earshot.client.export.Export.Cause;
import dev.earshot.client.export.Export.Remark;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ExportTest {
  private static final double UNSTATED = 2;

  private static final BiasPhrase BAUER = BiasPhrase.of("Meg Bauer", 6);
  private static final BiasPhrase SMITH =
      BiasPhrase.of("j r smith", 3.3).withDisplay("J. R. Smith");
  private static final BiasPhrase SILENT = BiasPhrase.of("silent", 0);
  private static final BiasPhrase LOUD = BiasPhrase.of("loud", 31);
  private static final BiasPhrase UNSTATED_BOOST = BiasPhrase.of("plain");

  @Test
  void dividesSherpasScoreAmongTheTokens() {
    Export<String> export =
        SherpaHotwords.ofTexts(
            List.of(BAUER, SMITH, SILENT, UNSTATED_BOOST, BAUER, BiasPhrase.of("odd :1", 1)),
            UNSTATED,
            text -> text.toUpperCase(Locale.ROOT),
            String::length);
    assertThat(export.content()).isEqualTo("MEG BAUER :0.6667\nJ R SMITH :0.3667\nPLAIN :0.4\n");
    assertThat(causes(export, SMITH)).containsExactly(Cause.DISPLAY_DROPPED);
    assertThat(causes(export, SILENT)).containsExactly(Cause.NO_BOOST);
    assertThat(causes(export, BAUER)).containsExactly(Cause.REPEATED);
    assertThat(export.leftOut()).extracting(BiasPhrase::text).contains("odd :1");
  }

  @Test
  void writesSherpasTokensAndLeavesOutWhatItsVocabularyLacks() {
    Export<String> export =
        SherpaHotwords.ofTokens(
            List.of(BAUER, BiasPhrase.of("Zoë", 1), BiasPhrase.of("meg", 1e-7)),
            UNSTATED,
            ExportTest::letters,
            letter -> letter.charAt(0) == '\u2581' || letter.charAt(0) < 128);
    assertThat(export.content()).isEqualTo("▁m e g ▁b a u e r :0.75\n▁m e g :0.0001\n");
    assertThat(export.remarks()).extracting(Remark::cause).containsExactly(Cause.UNKNOWN_TOKENS);
  }

  @Test
  void givesGoogleEachPhrasesBoostWithinItsRange() {
    BiasPhrase quoted = BiasPhrase.of("the \"Duke\"", 1.5);
    BiasPhrase classOfWords = BiasPhrase.of("in $MONTH", 1);
    Export<String> export =
        GoogleSpeech.phraseSet(
            List.of(BAUER, SMITH, SILENT, LOUD, quoted, classOfWords, UNSTATED_BOOST), UNSTATED);
    assertThat(export.content())
        .isEqualTo(
            "{\"phrases\":[{\"value\":\"Meg Bauer\",\"boost\":6.0},"
                + "{\"value\":\"J. R. Smith\",\"boost\":3.3},"
                + "{\"value\":\"loud\",\"boost\":20.0},"
                + "{\"value\":\"the \\\"Duke\\\"\",\"boost\":1.5},"
                + "{\"value\":\"plain\",\"boost\":2.0}]}");
    assertThat(export.remarks())
        .containsExactly(
            new Remark(SILENT, Cause.NO_BOOST),
            new Remark(LOUD, Cause.BOOST_CLIPPED),
            new Remark(classOfWords, Cause.FORBIDDEN_CHARACTERS));
  }

  @Test
  void keepsWithinGooglesLimits() {
    BiasPhrase long100 = BiasPhrase.of("x".repeat(100), 1);
    BiasPhrase long101 = BiasPhrase.of("x".repeat(101), 1);
    List<BiasPhrase> many = numbered(1_199, "n");
    Export<String> set =
        GoogleSpeech.phraseSet(
            join(List.of(long101, long100), join(many, List.of(BiasPhrase.of("one more", 1)))),
            UNSTATED);
    assertThat(set.remarks())
        .extracting(Remark::cause)
        .containsExactly(Cause.TOO_LONG, Cause.TOO_MANY);

    // 2,000 phrases of 99 characters are 198,000.
    Export<List<SpeechContext>> contexts =
        GoogleSpeech.speechContexts(numbered(2_000, "y".repeat(95)), UNSTATED);
    int characters =
        contexts.content().stream()
            .flatMap(context -> context.phrases().stream())
            .mapToInt(String::length)
            .sum();
    assertThat(characters).isBetween(99_900, 100_000);
    assertThat(contexts.remarks()).extracting(Remark::cause).containsOnly(Cause.TOO_LARGE);
  }

  @Test
  void groupsPhrasesOfABoostForGoogle() {
    Export<List<SpeechContext>> export =
        GoogleSpeech.speechContexts(
            List.of(UNSTATED_BOOST, BAUER, BiasPhrase.of("near", 6.1), SILENT), UNSTATED);
    assertThat(export.content())
        .containsExactly(
            new SpeechContext(List.of("Meg Bauer", "near"), 6),
            new SpeechContext(List.of("plain"), 2));
    assertThat(export.remarks())
        .extracting(Remark::cause)
        .containsExactly(Cause.BOOST_ROUNDED, Cause.NO_BOOST);
    assertThat(GoogleSpeech.toJson(export.content()))
        .isEqualTo(
            "[{\"phrases\":[\"Meg Bauer\",\"near\"],\"boost\":6.0},"
                + "{\"phrases\":[\"plain\"],\"boost\":2.0}]");
  }

  @Test
  void givesRivaPhrasesAsTheyAreSaid() {
    Export<List<SpeechContext>> export =
        RivaSpeech.speechContexts(
            List.of(SMITH, LOUD, SILENT.withDisplay("Silent"), BiasPhrase.of("faint", 0.1)),
            UNSTATED);
    assertThat(export.content())
        .containsExactly(
            new SpeechContext(List.of("loud"), 20),
            new SpeechContext(List.of("j r smith"), 3.5),
            new SpeechContext(List.of("faint"), 0.5));
    assertThat(causes(export, SMITH))
        .containsExactlyInAnyOrder(Cause.BOOST_ROUNDED, Cause.DISPLAY_DROPPED);
    assertThat(causes(export, LOUD)).containsExactly(Cause.BOOST_CLIPPED);
    assertThat(causes(export, SILENT.withDisplay("Silent"))).containsExactly(Cause.NO_BOOST);
  }

  @Test
  void givesAzureTheFirstFiveHundredAndOneWeight() {
    Export<AzurePhraseList> export =
        AzurePhraseList.of(join(List.of(SMITH, SILENT), numbered(600, "n")), 1.5);
    assertThat(export.content().phrases()).hasSize(500).startsWith("J. R. Smith", "n0000");
    assertThat(export.content().weight()).isEqualTo(1.5);
    assertThat(causes(export, SMITH)).containsExactly(Cause.BOOST_DROPPED);
    assertThat(causes(export, SILENT)).containsExactly(Cause.NO_BOOST);
    assertThat(export.leftOut()).hasSize(102);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AzurePhraseList.of(List.of(), 2.1))
        .withMessage("weight: 2.1 (expected: 0 to 2.0)");
  }

  @Test
  void spellsPhrasesAsAmazonWantsThem() {
    BiasPhrase vitamin = BiasPhrase.of("vitamin c");
    BiasPhrase once = BiasPhrase.of("once upon a time");
    BiasPhrase dotted = BiasPhrase.of("B.B.C. News");
    BiasPhrase street = BiasPhrase.of("St. John’s");
    BiasPhrase channel = BiasPhrase.of("channel 4");
    BiasPhrase zoe = BiasPhrase.of("Zoe\u0308");
    BiasPhrase comma = BiasPhrase.of("Portland").withDisplay("Portland, Oregon");
    List<BiasPhrase> phrases =
        List.of(
            BiasPhrase.of("Bauer"),
            BAUER,
            SMITH,
            vitamin,
            once,
            dotted,
            street,
            channel,
            zoe,
            comma,
            SILENT);
    Export<String> export = AmazonTranscribe.table(phrases);
    assertThat(export.content().lines())
        .containsExactly(
            "Phrase\tSoundsLike\tIPA\tDisplayAs",
            "Bauer\t\t\t",
            "Meg-Bauer\t\t\tMeg Bauer",
            "j.r.-smith\t\t\tJ. R. Smith",
            "vitamin-c.\t\t\tvitamin c",
            "once-upon-a-time\t\t\tonce upon a time",
            "B.B.C.-News\t\t\tB.B.C. News",
            "St-John's\t\t\tSt. John’s",
            "Portland\t\t\t");
    assertThat(causes(export, BAUER)).containsExactly(Cause.BOOST_DROPPED);
    assertThat(causes(export, SMITH)).containsExactly(Cause.REWRITTEN, Cause.BOOST_DROPPED);
    assertThat(causes(export, once)).isEmpty();
    assertThat(causes(export, channel)).containsExactly(Cause.FORBIDDEN_CHARACTERS);
    assertThat(causes(export, zoe)).containsExactly(Cause.FORBIDDEN_CHARACTERS);
    assertThat(causes(export, comma)).containsExactly(Cause.DISPLAY_DROPPED);
    assertThat(causes(export, SILENT)).containsExactly(Cause.NO_BOOST);

    assertThat(AmazonTranscribe.table(List.of(zoe), Character::isLetter).content())
        .endsWith("\nZo\u00eb\t\t\tZoe\u0308\n");
  }

  @Test
  void keepsWithinAmazonsLimits() {
    BiasPhrase tooLong = BiasPhrase.of("x".repeat(257));
    List<BiasPhrase> many =
        IntStream.range(0, 1_000)
            .mapToObj(i -> BiasPhrase.of("z".repeat(100) + letter(i / 26) + letter(i % 26)))
            .toList();
    Export<String> export = AmazonTranscribe.table(join(List.of(tooLong), many));
    assertThat(export.content().getBytes(StandardCharsets.UTF_8).length).isBetween(49_800, 50_000);
    assertThat(Set.copyOf(causes(export))).contains(Cause.TOO_LONG, Cause.TOO_LARGE);
  }

  @Test
  void keepsUserTextOutOfItsStrings() {
    assertThat(
            List.of(
                    AmazonTranscribe.table(List.of(BAUER)),
                    AzurePhraseList.of(List.of(BAUER), 1),
                    RivaSpeech.speechContexts(List.of(BAUER), UNSTATED).content())
                .toString())
        .doesNotContainIgnoringCase("bauer");
  }

  private static List<Cause> causes(Export<?> export) {
    return export.remarks().stream().map(Remark::cause).toList();
  }

  private static List<Cause> causes(Export<?> export, BiasPhrase phrase) {
    return export.remarks().stream()
        .filter(remark -> remark.phrase().equals(phrase))
        .map(Remark::cause)
        .toList();
  }

  private static List<String> letters(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split(" "))
        .flatMap(word -> Arrays.stream(("\u2581" + word).split("(?<=[a-zë])")))
        .toList();
  }

  private static List<BiasPhrase> numbered(int count, String prefix) {
    return IntStream.range(0, count)
        .mapToObj(i -> BiasPhrase.of(prefix + String.format(Locale.ROOT, "%04d", i), 1))
        .toList();
  }

  private static char letter(int i) {
    return (char) ('a' + i % 26);
  }

  private static List<BiasPhrase> join(List<BiasPhrase> first, List<BiasPhrase> then) {
    return Stream.concat(first.stream(), then.stream()).toList();
  }
}
