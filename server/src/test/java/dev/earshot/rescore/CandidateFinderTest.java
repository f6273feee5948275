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
import java.util.TreeSet;
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
      Map<String, Float> expected = oneByOne(heard, table, 0.4f);
      // There are no more candidates than these.
      if (expected.size() < 32) {
        assertThat(found).isEqualTo(expected);
        compared += expected.size();
      }
    }
    assertThat(compared).isGreaterThan(400);
  }

  @Test
  void findsInAnNBestWhatComparingEachPairFinds() {
    Random random = new Random(5);
    CandidateFinder finder = new CandidateFinder(pronouncer);
    int compared = 0;
    for (int round = 0; round < 300; round++) {
      Set<String> texts = new LinkedHashSet<>();
      for (int i = 0; i < 1 + random.nextInt(4); i++) {
        texts.add(words(random, 1 + random.nextInt(3)));
      }
      PhraseTable table = table(texts);
      List<HypothesisText> heard = new ArrayList<>();
      for (int i = 0; i < 2 + random.nextInt(3); i++) {
        heard.add(table.read(words(random, random.nextInt(4))));
      }
      double[] scores = new double[heard.size()];
      Set<String> found = new TreeSet<>();
      List<Candidate> candidates = finder.find(heard, scores, 0, table, ContextMatch.UNKNOWN);
      for (Candidate candidate : candidates) {
        if (!candidate.isExact()) {
          found.add(
              "%d %d-%d %d %s"
                  .formatted(
                      candidate.hypothesis(),
                      candidate.firstWord(),
                      candidate.lastWord(),
                      candidate.phrase(),
                      candidate.feature(Feature.DISTANCE)));
        }
      }
      Map<String, Float> inBest = new TreeMap<>();
      Set<String> expected = new TreeSet<>();
      for (int h = 0; h < heard.size(); h++) {
        for (Map.Entry<String, Float> near : oneByOne(heard.get(h), table, 0.5f).entrySet()) {
          String phrase = near.getKey().split(" ", -1)[1];
          if (h == 0) {
            inBest.merge(phrase, near.getValue(), Math::min);
          }
          boolean stands = stands(heard.get(0), table, Integer.parseInt(phrase));
          float already = stands ? 0 : inBest.getOrDefault(phrase, 1f);
          if (h == 0 || near.getValue() < already) {
            expected.add(h + " " + near.getKey() + " " + near.getValue());
          }
        }
      }
      // There are no more candidates than these.
      if (candidates.size() < 48) {
        assertThat(found).isEqualTo(expected);
        compared += expected.size();
      }
    }
    assertThat(compared).isGreaterThan(400);
  }

  private static boolean stands(HypothesisText heard, PhraseTable table, int phrase) {
    return (" " + String.join(" ", heard.words()) + " ").contains(" " + table.joined(phrase) + " ");
  }

  @Test
  void keepsTheMostPromisingOfTooMany() {
    Set<String> texts = new LinkedHashSet<>();
    for (String first : WORDS) {
      for (String second : WORDS) {
        String text = first + " " + second;
        // So that it does not matter which of its sounds is the nearest.
        if (pronouncer.pronounce(text).stream().mapToInt(Pronunciation::length).distinct().count()
            == 1) {
          texts.add(text);
        }
      }
    }
    PhraseTable table = table(texts);
    HypothesisText heard = table.read("mag bowers call marks baking the chips");
    List<Double> kept = new ArrayList<>();
    for (Candidate candidate :
        new CandidateFinder(pronouncer)
            .find(List.of(heard), new double[] {0}, 0, table, ContextMatch.UNKNOWN)) {
      kept.add(promise(candidate.feature(Feature.DISTANCE), candidate.phrase(), table));
    }

    List<Double> all = new ArrayList<>();
    float most = 0.4f - 0.1f * (float) Math.log10(table.size() / 100.0);
    oneByOne(heard, table, most)
        .forEach((place, distance) ->
            all.add(promise(distance, Integer.parseInt(place.split(" ", -1)[1]), table)));
    assertThat(all).hasSizeGreaterThan(40);
    assertThat(kept).isEqualTo(all.stream().sorted().limit(32).toList());
  }

  private static double promise(float distance, int phrase, PhraseTable table) {
    return distance
        - 0.06 * Math.log((double) table.phrase(phrase).pronunciations().get(0).length());
  }

  @Test
  void comparesWhatIsTooLongForLanesOneByOne() {
    String phrase = "thoughtfulness ".repeat(12).strip();
    PhraseTable table = table(Set.of(phrase));
    assertThat(table.length(0)).isEqualTo(PhoneDistance.MAX_PHONES);
    HypothesisText heard = table.read("thoughtlessness ".repeat(6).strip());
    Map<String, Float> found = new TreeMap<>();
    for (Candidate candidate :
        new CandidateFinder(pronouncer)
            .find(List.of(heard, heard), new double[] {0, -1}, 0, table, ContextMatch.UNKNOWN)) {
      found.put(
          candidate.firstWord() + "-" + candidate.lastWord() + " " + candidate.phrase(),
          candidate.feature(Feature.DISTANCE));
    }
    assertThat(found).isEqualTo(oneByOne(heard, table, 0.5f)).isNotEmpty();
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

  private static Map<String, Float> oneByOne(HypothesisText heard, PhraseTable table, float most) {
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
              if (share <= most && difference <= 0.6f * longer + 1) {
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
    int length =
        Math.min(PhoneDistance.MAX_PHONES, words.stream().mapToInt(Pronunciation::length).sum());
    byte[] codes = new byte[length];
    int at = 0;
    for (Pronunciation word : words) {
      for (int i = 0; i < word.length() && at < length; i++) {
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
