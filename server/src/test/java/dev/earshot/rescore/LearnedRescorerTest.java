package dev.earshot.rescore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.pronunciation.GraphemeToPhoneme;
import dev.earshot.pronunciation.Lexicon;
import dev.earshot.pronunciation.Pronouncer;
import dev.earshot.rescore.Rescorer.PreparedPhrases;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** With the scorer, the lexicon and the letters' model that are shipped. */
class LearnedRescorerTest {
  private static final Path SHIPPED = Path.of("../models/bias");
  private static Pronouncer pronouncer;
  private static LearnedRescorer rescorer;

  @BeforeAll
  static void load() throws IOException {
    pronouncer =
        new Pronouncer(
            Lexicon.read(Files.readAllBytes(SHIPPED.resolve("lexicon.bin"))),
            GraphemeToPhoneme.read(Files.readAllBytes(SHIPPED.resolve("g2p.bin"))),
            Set.of("en"));
    rescorer =
        LearnedRescorer.read(Files.readAllBytes(SHIPPED.resolve("rescorer.json")), pronouncer);
  }

  @Test
  void writesBauerAndNotPower() {
    Rescored rescored = repair(nBest("power", "bower", "powers"), "Meg Bauer", "Bauer", "Meg");

    assertThat(rescored.changed()).isTrue();
    assertThat(rescored.hypotheses().get(0).text()).isEqualTo("Bauer");
    Rescored.Repair repair = rescored.hypotheses().get(0).repairs().get(0);
    assertThat(repair.phrase()).isEqualTo("Bauer");
    assertThat(repair.start()).isZero();
    assertThat(repair.probability()).isBetween(0.0, 1.0);
  }

  @Test
  void leavesUnrelatedWordsAlone() {
    for (String heard :
        List.of("what is the weather tomorrow", "turn off the lights", "never mind", "stop")) {
      Rescored rescored = repair(nBest(heard), "Meg Bauer", "Bauer", "Meg");

      assertThat(rescored.changed()).isFalse();
      assertThat(rescored.hypotheses()).singleElement().extracting("text").isEqualTo(heard);
    }
  }

  @Test
  void givesSpansInCodePointsOfTheSource() {
    String heard = "👍 please call meg bower now";
    Rescored rescored = repair(nBest(heard), "Meg Bauer");

    Rescored.Repair repair = rescored.hypotheses().get(0).repairs().get(0);
    assertThat(rescored.hypotheses().get(0).text()).isEqualTo("👍 please call Meg Bauer now");
    assertThat(repair.original()).isEqualTo("meg bower");
    int start = heard.offsetByCodePoints(0, repair.start());
    int end = heard.offsetByCodePoints(0, repair.end());
    assertThat(heard.substring(start, end)).isEqualTo("meg bower");
    assertThat(repair.start()).isEqualTo(14);
  }

  @Test
  void knowsAPhraseThatIsWrittenInDigits() {
    List<Proposal> proposals =
        rescorer.proposals(
            nBest("play highway of one", "play highway 61"),
            phrases("Highway 61"),
            ContextMatch.UNKNOWN);

    assertThat(proposals)
        .filteredOn(Proposal::isExact)
        .singleElement()
        .extracting(Proposal::text)
        .isEqualTo("play highway 61");
  }

  @Test
  void keepsWhatItDoesNotReplaceAsTheRecogniserWroteIt() {
    String heard = "Wake  me at 5:30, call meg bower on the 2nd.";
    Rescored rescored = repair(nBest(heard), "Meg Bauer");

    assertThat(rescored.hypotheses().get(0).text())
        .isEqualTo("Wake  me at 5:30, call Meg Bauer on the 2nd.");
  }

  @Test
  void replacesANumberAsAWholeOrNotAtAll() {
    List<Proposal> proposals =
        rescorer.proposals(nBest("at 5:30"), phrases("Dirty", "Five Dirty"), ContextMatch.UNKNOWN);

    assertThat(proposals)
        .extracting(Proposal::text)
        .contains("at Five Dirty")
        .doesNotContain("at Dirty");
  }

  @Test
  void onlyReordersWhereItMayNotRepair() {
    NBest nBest = nBest("call mac power", "call meg bauer", "call mac bower");
    Rescored rescored =
        rescorer.rescore(nBest, phrases("Meg Bauer"), ContextMatch.UNKNOWN, RescoreMode.REORDER);

    assertThat(rescored.hypotheses().get(0).text()).isEqualTo("call meg bauer");
    assertThat(rescored.hypotheses().get(0).sourceIndex()).isEqualTo(1);
    assertThat(rescored.hypotheses()).allSatisfy(h -> assertThat(h.repairs()).isEmpty());
    assertThat(rescored.hypotheses()).extracting("sourceIndex").containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void scoresFallAlongTheList() {
    Rescored rescored = repair(nBest("power", "bower", "our", "powers"), "Bauer");

    List<Double> scores = rescored.hypotheses().stream().map(Rescored.Hypothesis::score).toList();
    for (int i = 1; i < scores.size(); i++) {
      assertThat(scores.get(i)).isLessThanOrEqualTo(scores.get(i - 1));
    }
  }

  @Test
  void keepsTheOrderGivenWhereScoresAreMissing() {
    NBest nBest =
        new NBest(
            List.of(
                new NBest.Hypothesis("b", Double.NaN),
                new NBest.Hypothesis("a", 3),
                new NBest.Hypothesis("c", 1)),
            1);
    Rescored rescored =
        rescorer.rescore(nBest, phrases(), ContextMatch.UNKNOWN, RescoreMode.REPAIR);

    assertThat(rescored.hypotheses()).extracting("text").containsExactly("b", "a", "c");
    assertThat(rescored.hypotheses()).allSatisfy(h -> assertThat(h.score()).isNaN());
  }

  @Test
  void sortsByScoresThatAreAboveZero() {
    NBest nBest =
        new NBest(List.of(new NBest.Hypothesis("a", 1), new NBest.Hypothesis("b", 7)), 0.5);
    Rescored rescored =
        rescorer.rescore(nBest, phrases(), ContextMatch.UNKNOWN, RescoreMode.REPAIR);

    assertThat(rescored.hypotheses()).extracting("text").containsExactly("b", "a");
    assertThat(rescored.hypotheses().get(0).score()).isEqualTo(3.5);
    assertThat(rescored.changed()).isFalse();
  }

  @Test
  void takesEmptyTextsAndMarks() {
    Rescored rescored = repair(nBest("", "<unk> bower", "[noise]"), "Bauer");

    assertThat(rescored.hypotheses()).hasSizeBetween(1, 3);
  }

  @Test
  void comparesLettersWhereNoSoundIsKnown() {
    PreparedPhrases silent =
        rescorer.prepare(
            List.of(
                new BiasPhrase(
                    "müllerstraße",
                    4,
                    "Müllerstraße",
                    List.of(),
                    "PLACE",
                    PhraseSource.REPLY,
                    "de")));
    List<Proposal> proposals =
        rescorer.proposals(nBest("müllerstrasse"), silent, ContextMatch.UNKNOWN);

    assertThat(proposals).singleElement().extracting(Proposal::text).isEqualTo("Müllerstraße");
  }

  @Test
  void findsAPhraseAcrossTheBordersOfWords() {
    List<Proposal> proposals =
        rescorer.proposals(
            nBest("play some cure mack rome"), phrases("Kirmac Rome"), ContextMatch.UNKNOWN);

    assertThat(proposals).extracting(Proposal::text).contains("play some Kirmac Rome");
  }

  @Test
  void weighsHowWellHypothesesFitTheDialogue() {
    int context = LearnedRescorer.featureNames().indexOf("context");
    List<Proposal> proposals =
        rescorer.proposals(
            nBest("call mac power", "call meg bauer"),
            phrases("Meg Bauer"),
            ContextMatch.of(-1, 2));

    assertThat(proposals)
        .filteredOn(Proposal::isExact)
        .singleElement()
        .satisfies(proposal -> assertThat(proposal.features()[context]).isEqualTo(3f));
  }

  @Test
  void asksForMoreWhereThereAreManyPhrases() {
    List<String> many = new ArrayList<>(List.of("Meg Bauer"));
    for (int i = 0; i < 999; i++) {
      many.add("phrase number " + i);
    }
    Rescored rescored =
        rescorer.rescore(
            nBest("call mac bower"),
            phrases(many.toArray(new String[0])),
            ContextMatch.UNKNOWN,
            RescoreMode.REPAIR);

    assertThat(rescored.hypotheses()).hasSize(1);
  }

  @Test
  void refusesWeightsOfOtherFeatures() throws IOException {
    String json = Files.readString(SHIPPED.resolve("rescorer.json"));
    for (String broken :
        List.of(
            "{}",
            "nothing",
            json.replace("earshot-rescorer-2", "earshot-rescorer-9"),
            json.replace("\"spelling\"", "\"colour\""),
            json.replaceFirst("\"out\": \\[[^,]*,", "\"out\": ["))) {
      assertThatThrownBy(
              () -> LearnedRescorer.read(broken.getBytes(StandardCharsets.UTF_8), pronouncer))
          .isInstanceOf(IOException.class);
    }
  }

  private static Rescored repair(NBest nBest, String... phrases) {
    return rescorer.rescore(nBest, phrases(phrases), ContextMatch.UNKNOWN, RescoreMode.REPAIR);
  }

  private static NBest nBest(String... texts) {
    List<NBest.Hypothesis> hypotheses = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      hypotheses.add(new NBest.Hypothesis(texts[i], -2 - 0.7 * i));
    }
    return new NBest(hypotheses, 1);
  }

  private static PreparedPhrases phrases(String... texts) {
    List<BiasPhrase> phrases = new ArrayList<>();
    for (String display : texts) {
      String text = String.join(" ", SpokenWords.of(display));
      phrases.add(
          new BiasPhrase(
              text, 4, display, pronouncer.pronounce(text), "CONTACT", PhraseSource.REPLY, ""));
    }
    return rescorer.prepare(phrases);
  }
}
