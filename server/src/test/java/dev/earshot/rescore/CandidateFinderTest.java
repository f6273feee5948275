package dev.earshot.rescore;

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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against each span of a hypothesis compared with each sound of each phrase, one by one. */
class CandidateFinderTest {
  private static final Path SHIPPED = Path.of("../models/bias");
  private static final List<String> WORDS =
      List.of(
          "call", "meg", "bauer", "power", "mac", "bower", "mark", "baker", "maker", "my", "jones",
          "john", "a", "in", "the", "kitchen", "light", "kirk", "cure", "rome", "chip", "sheep",
          "shop", "read", "red", "zyxt");

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
  void findsWhatComparingEachPairFinds() {
    Random random = new Random(4);
    CandidateFinder finder = new CandidateFinder(pronouncer);
    int compared = 0;
    for (int round = 0; round < 400; round++) {
      Set<String> texts = new LinkedHashSet<>();
      for (int i = 0; i < 1 + random.nextInt(6); i++) {
        texts.add(words(random, 1 + random.nextInt(3)));
      }
      PhraseTable table = table(texts);
      HypothesisText heard = table.read(words(random, 1 + random.nextInt(6)));
      Map<String, Float> found = new TreeMap<>();
      for (Candidate candidate :
          finder.find(List.of(heard), new double[] {0}, 0, table, ContextMatch.UNKNOWN)) {
        found.put(
            candidate.firstWord() + "-" + candidate.lastWord() + " " + candidate.phrase(),
            candidate.feature(Feature.DISTANCE));
      }
      Map<String, Float> expected = oneByOne(heard, table);
      // There are no more candidates than these.
      if (expected.size() < 32) {
        assertThat(found).isEqualTo(expected);
        compared += expected.size();
      }
    }
    assertThat(compared).isGreaterThan(400);
  }

  @Test
  void tellsAnotherFormOfTheReplacedWords() {
    assertThat(only("what is scheduled", "schedules").feature(Feature.SAME_STEMS)).isOne();
    assertThat(only("call power", "Bauer").feature(Feature.SAME_STEMS)).isZero();
  }

  @Test
  void tellsWhatWouldBeSaidTwice() {
    assertThat(only("jones power", "Jones Bauer").feature(Feature.DOUBLES_NEIGHBOUR)).isZero();
    assertThat(at("call jones jones power", "Jones Bauer", 2, 4).feature(Feature.DOUBLES_NEIGHBOUR))
        .isOne();
    assertThat(at("kitchen lit lights", "kitchen light", 0, 2).feature(Feature.DOUBLES_NEIGHBOUR))
        .isOne();
  }

  @Test
  void findsFurtherInSeveralHypothesesThanInOne() {
    PhraseTable table = table(Set.of("meg bauer"));
    HypothesisText heard = table.read("big bowl");
    CandidateFinder finder = new CandidateFinder(pronouncer);

    assertThat(finder.find(List.of(heard), new double[] {0}, 0, table, ContextMatch.UNKNOWN))
        .isEmpty();
    assertThat(
            finder.find(
                List.of(heard, table.read("bag bowl")),
                new double[] {0, -1},
                0,
                table,
                ContextMatch.UNKNOWN))
        .isNotEmpty();
  }

  /** The nearest candidate. */
  private static Candidate only(String heard, String phrase) {
    return candidates(heard, phrase).stream()
        .min(Comparator.comparingDouble(candidate -> candidate.feature(Feature.DISTANCE)))
        .orElseThrow();
  }

  private static Candidate at(String heard, String phrase, int first, int last) {
    return candidates(heard, phrase).stream()
        .filter(candidate -> candidate.firstWord() == first && candidate.lastWord() == last)
        .findFirst()
        .orElseThrow();
  }

  private static List<Candidate> candidates(String heard, String phrase) {
    PhraseTable table = table(Set.of(phrase));
    return new CandidateFinder(pronouncer)
        .find(List.of(table.read(heard)), new double[] {0}, 0, table, ContextMatch.UNKNOWN);
  }

  private static Map<String, Float> oneByOne(HypothesisText heard, PhraseTable table) {
    PhoneDistance distance = new PhoneDistance();
    Map<String, Float> near = new TreeMap<>();
    int longest = Math.min(6, table.mostWords() + 2);
    for (int from = 0; from < heard.size(); from++) {
      for (int to = from + 1; to <= Math.min(heard.size(), from + longest); to++) {
        List<String> span = heard.words().subList(from, to);
        if (table.indexOf(String.join(" ", span)) >= 0) {
          continue;
        }
        for (byte[] sound : sounds(span)) {
          for (int phrase = 0; phrase < table.size(); phrase++) {
            for (Pronunciation pronunciation : table.phrase(phrase).pronunciations()) {
              byte[] other = codes(List.of(pronunciation));
              int longer = Math.max(sound.length, other.length);
              float share =
                  distance.between(sound, 0, sound.length, other, 0, other.length, 100) / longer;
              int difference =
                  PhoneSignature.difference(
                      PhoneSignature.of(sound, 0, sound.length),
                      PhoneSignature.of(other, 0, other.length));
              if (share <= 0.4f && difference <= 0.6f * longer + 1) {
                near.merge(from + "-" + to + " " + phrase, share, Math::min);
              }
            }
          }
        }
      }
    }
    return near;
  }

  private static List<byte[]> sounds(List<String> span) {
    List<Pronunciation> likeliest = new ArrayList<>();
    for (String word : span) {
      likeliest.add(pronouncer.pronounceWord(word).get(0));
    }
    List<byte[]> sounds = new ArrayList<>();
    byte[] first = codes(likeliest);
    if (first.length >= 2) {
      sounds.add(first);
      List<Pronunciation> all = pronouncer.pronounceWord(span.get(0));
      if (span.size() == 1 && all.size() > 1) {
        sounds.add(codes(List.of(all.get(1))));
      }
    }
    return sounds;
  }

  private static byte[] codes(List<Pronunciation> words) {
    int length = words.stream().mapToInt(Pronunciation::length).sum();
    byte[] codes = new byte[length];
    int at = 0;
    for (Pronunciation word : words) {
      for (int i = 0; i < word.length(); i++) {
        codes[at++] = (byte) word.codeAt(i);
      }
    }
    return codes;
  }

  private static PhraseTable table(Set<String> texts) {
    List<BiasPhrase> phrases = new ArrayList<>();
    for (String text : texts) {
      phrases.add(
          new BiasPhrase(
              text, 4, text, pronouncer.pronounce(text), "CONTACT", PhraseSource.REPLY, ""));
    }
    return new PhraseTable(phrases);
  }

  private static String words(Random random, int count) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      words.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(" ", words);
  }
}
