package dev.earshot.perf.micro;

import dev.earshot.model.BiasBundle;
import dev.earshot.model.BiasBundle.Role;
import dev.earshot.perf.Bundles;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.pronunciation.GraphemeToPhoneme;
import dev.earshot.pronunciation.Lexicon;
import dev.earshot.pronunciation.Pronouncer;
import dev.earshot.rescore.ContextMatch;
import dev.earshot.rescore.LearnedRescorer;
import dev.earshot.rescore.NBest;
import dev.earshot.rescore.RescoreMode;
import dev.earshot.rescore.Rescored;
import dev.earshot.rescore.Rescorer.PreparedPhrases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import net.datafaker.Faker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rescoring in process: an n-best of ten hypotheses against the names of a user's contacts, whose
 * sounds are known and laid out beforehand, as they are for a prepared turn. Half of the 128 lists
 * are about one of the names, half are other utterances; in each hypothesis but the first one to
 * three words are taken for the names that are written most like them.
 *
 * <pre>./earshot bench micro --include RescoreBenchmark</pre>
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
public class RescoreBenchmark {
  private static final int HYPOTHESES = 10;
  private static final int LISTS = 128;
  private static final int NAMES = 400;
  private static final int MOST_CHANGES = 3;
  private static final List<String> REQUESTS =
      List.of("call %s", "send a message to %s", "no i meant %s", "%s", "tell %s i am late please");

  @Param({"100", "1000"})
  private int phrases;

  private final Random random = new Random(1);
  private LearnedRescorer rescorer;
  private PreparedPhrases prepared;
  private List<String> pool;
  private List<NBest> lists;
  private int next;

  @Setup
  public void load() throws Exception {
    BiasBundle bundle = BiasBundle.open(Bundles.measured(0).resolveSibling("bias"));
    Pronouncer pronouncer =
        new Pronouncer(
            Lexicon.read(bundle.read(Role.LEXICON)),
            GraphemeToPhoneme.read(bundle.read(Role.G2P)),
            Set.copyOf(bundle.languages()));
    rescorer = LearnedRescorer.read(bundle.read(Role.RESCORER), pronouncer);

    Faker faker = new Faker(Locale.US, random);
    Set<String> parts = new LinkedHashSet<>();
    while (parts.size() < NAMES) {
      parts.add(PhraseMaker.spoken(faker.name().firstName(), "en-US"));
      parts.add(PhraseMaker.spoken(faker.name().lastName(), "en-US"));
    }
    pool = List.copyOf(parts);
    Set<String> names = new LinkedHashSet<>();
    while (names.size() < phrases) {
      names.add(faker.name().firstName() + " " + faker.name().lastName());
    }
    List<BiasPhrase> contacts = new ArrayList<>();
    for (String name : names) {
      String text = PhraseMaker.spoken(name, "en-US");
      contacts.add(
          new BiasPhrase(
              text, 2, name, pronouncer.pronounce(text), "CONTACT", PhraseSource.PROFILE, "en-US"));
    }
    prepared = rescorer.prepare(contacts);
    List<String> others = SampleUtterances.read();
    lists = new ArrayList<>();
    for (int i = 0; i < LISTS; i++) {
      String said =
          i % 2 == 0
              ? REQUESTS
                  .get(random.nextInt(REQUESTS.size()))
                  .formatted(contacts.get(random.nextInt(contacts.size())).text())
              : PhraseMaker.spoken(others.get(i / 2 % others.size()), "en-US");
      lists.add(heard(said));
    }
  }

  /** What a recogniser might make of it. */
  private NBest heard(String said) {
    List<NBest.Hypothesis> hypotheses = new ArrayList<>();
    for (int i = 0; i < HYPOTHESES; i++) {
      String[] words = said.split(" ", -1);
      int changes = i == 0 ? 0 : 1 + random.nextInt(MOST_CHANGES);
      for (int change = 0; change < changes; change++) {
        int place = random.nextInt(words.length);
        String word = words[place];
        List<String> alike =
            pool.stream()
                .sorted(Comparator.comparingInt(other -> unlike(word, other)))
                .limit(HYPOTHESES)
                .toList();
        words[place] = alike.get(random.nextInt(alike.size()));
      }
      hypotheses.add(new NBest.Hypothesis(String.join(" ", words), -1.5 - 0.2 * i));
    }
    return new NBest(hypotheses, 1);
  }

  /** By how many letters two words differ, whatever their order. */
  private static int unlike(String a, String b) {
    int[] counts = new int[128];
    a.chars().forEach(c -> counts[c & 127]++);
    b.chars().forEach(c -> counts[c & 127]--);
    return Arrays.stream(counts).map(Math::abs).sum();
  }

  @Benchmark
  public Rescored rescore() {
    return rescorer.rescore(
        lists.get(next++ % LISTS), prepared, ContextMatch.UNKNOWN, RescoreMode.REPAIR);
  }
}
