package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.asr.SourceTexts.Followup;
import dev.earshot.perf.asr.Turn.Item;
import dev.earshot.perf.asr.Turn.Relation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On texts of the shape of the public ones. */
class ScenariosTest {
  private static final Map<Split, List<Turn>> TURNS = new EnumMap<>(Split.class);

  private final SpokenForm form = new SpokenForm();
  private final Map<String, String> spokenForms = new HashMap<>();

  private static SourceTexts texts() {
    List<Followup> followups = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String film = "Film f" + letters(i);
      followups.add(
          new Followup(
              "dialogue " + i,
              "find me a film",
              "How about " + film + "?",
              List.of(film),
              "yes " + film + " sounds good",
              List.of(film)));
    }
    Map<String, List<String>> entities = new HashMap<>();
    for (String type :
        List.of("person", "place_name", "artist_name", "song_name", "business_name")) {
      entities.put(type, sentences(type.replace('_', ' '), 120));
    }
    // Some of the training set's too.
    List<String> requestsOfDev = new ArrayList<>(sentences("request", 200));
    requestsOfDev.addAll(sentences("rate", 400));
    Map<Path, String> recordings =
        Map.of(Path.of("/sounds/hello.wav"), "Hello.", Path.of("/sounds/one.wav"), "Press 1.");
    return new SourceTexts(
        followups,
        entities,
        sentences("request", 6_000),
        requestsOfDev,
        sentences("alarm", 1_300),
        recordings);
  }

  private static List<String> sentences(String word, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> word + " " + word.charAt(0) + letters(i))
        .toList();
  }

  /** A number as a word. */
  private static String letters(int number) {
    return Integer.toString(number)
        .chars()
        .mapToObj(digit -> Character.toString('a' + digit - '0'))
        .collect(Collectors.joining());
  }

  @BeforeAll
  static void make() {
    Scenarios scenarios = new Scenarios(texts(), 6);
    for (Split split : Split.values()) {
      TURNS.put(split, scenarios.turns(split));
    }
  }

  private static List<Turn> turns(Split split) {
    return TURNS.getOrDefault(split, List.of());
  }

  private static List<Turn> followups(Split split) {
    return turns(split).stream().filter(Turn::isFollowup).toList();
  }

  @Test
  void theSameSeedGivesTheSameTurns() {
    assertThat(new Scenarios(texts(), 6).turns(Split.TEST)).isEqualTo(turns(Split.TEST));
  }

  @Test
  void testIsLargeEnough() {
    List<Turn> followups = followups(Split.TEST);
    Map<String, Long> scenariosByOrigin =
        followups.stream()
            .collect(Collectors.toMap(Turn::scenario, Turn::origin, (a, b) -> a))
            .values()
            .stream()
            .collect(Collectors.groupingBy(origin -> origin, Collectors.counting()));
    long scenarios = scenariosByOrigin.values().stream().mapToLong(Long::longValue).sum();
    assertThat(scenarios).isGreaterThanOrEqualTo(320);
    assertThat(
            scenariosByOrigin.getOrDefault("followups", 0L)
                + scenariosByOrigin.getOrDefault("slurp", 0L))
        .isGreaterThanOrEqualTo((scenarios + 1) / 2);
    for (String condition : List.of("clean", "10", "5")) {
      assertThat(followups.stream().filter(turn -> turn.turn().endsWith("/" + condition)))
          .hasSizeGreaterThanOrEqualTo(1_050);
    }
    long named = followups.stream().filter(turn -> turn.relation() == Relation.IN_CONTEXT).count();
    assertThat((double) named / followups.size()).isBetween(0.65, 0.75);
    assertThat(turns(Split.TEST).stream().filter(turn -> turn.relation() == Relation.UNRELATED))
        .hasSizeGreaterThanOrEqualTo(2_000);
    assertThat(turns(Split.TEST).stream().filter(turn -> turn.relation() == Relation.RECORDING))
        .hasSize(2);
  }

  @Test
  void eachTestTurnIsHeardInThreeConditions() {
    Map<String, Set<String>> references = new HashMap<>();
    Map<String, List<Integer>> ratios = new HashMap<>();
    Set<String> noises = new HashSet<>();
    for (Turn turn : followups(Split.TEST)) {
      String base = turn.turn().substring(0, turn.turn().lastIndexOf('/'));
      references.computeIfAbsent(base, key -> new HashSet<>()).add(turn.reference());
      Integer snr = turn.snr();
      ratios.computeIfAbsent(base, key -> new ArrayList<>()).add(snr == null ? -1 : snr);
      noises.add(turn.condition());
    }
    assertThat(references.values()).allSatisfy(one -> assertThat(one).hasSize(1));
    assertThat(ratios.values()).allSatisfy(one -> assertThat(one).containsExactly(-1, 10, 5));
    assertThat(noises)
        .containsExactlyInAnyOrder("clean", "babble-10", "babble-5", "white-10", "white-5");
  }

  @Test
  void nothingIsInTwoSplits() {
    for (Split one : Split.values()) {
      for (Split other : Split.values()) {
        if (one.compareTo(other) < 0) {
          assertThat(Collections.disjoint(scenarioIds(one), scenarioIds(other))).isTrue();
          assertThat(Collections.disjoint(contactsOf(one), contactsOf(other))).isTrue();
          assertThat(Collections.disjoint(namedIn(one), namedIn(other))).isTrue();
          assertThat(Collections.disjoint(unrelatedIn(one), unrelatedIn(other))).isTrue();
        }
      }
    }
  }

  private static Set<String> scenarioIds(Split split) {
    return turns(split).stream().map(Turn::scenario).collect(Collectors.toSet());
  }

  private static Set<String> contactsOf(Split split) {
    return turns(split).stream()
        .flatMap(turn -> turn.lists().stream())
        .filter(list -> list.type().equals("contacts"))
        .flatMap(list -> list.entries().stream())
        .collect(Collectors.toSet());
  }

  private static Set<String> namedIn(Split split) {
    return turns(split).stream()
        .filter(turn -> turn.origin().equals("followups") || turn.origin().equals("slurp"))
        .flatMap(turn -> turn.items().stream())
        .map(Item::text)
        .collect(Collectors.toSet());
  }

  private static Set<String> unrelatedIn(Split split) {
    return turns(split).stream()
        .filter(turn -> turn.relation() == Relation.UNRELATED)
        .map(Turn::reference)
        .collect(Collectors.toSet());
  }

  @Test
  void theAnswerStandsWhereTheTurnSaysAndIsSaid() {
    for (Split split : Split.values()) {
      for (Turn turn : followups(split)) {
        Set<String> items = words(turn.items());
        turn.answer()
            .forEach(
                answer -> assertThat(" " + turn.reference() + " ").contains(" " + answer + " "));
        String answer = turn.answer().get(0);
        switch (turn.answerIn()) {
          case "items" -> assertThat(items).anyMatch(item -> contains(item, answer));
          case "earlier" -> {
            assertThat(turn.earlier()).hasSize(2);
            assertThat(words(turn.earlier().get(1))).anyMatch(item -> contains(item, answer));
          }
          case "list" ->
              assertThat(turn.lists().stream().flatMap(list -> list.entries().stream()))
                  .anyMatch(entry -> contains(spoken(entry), answer));
          case "none" -> assertThat(items).noneMatch(item -> contains(item, answer));
          default -> throw new AssertionError(turn.answerIn());
        }
      }
    }
  }

  private String spoken(String text) {
    return spokenForms.computeIfAbsent(text, form::of);
  }

  private Set<String> words(List<Item> items) {
    return items.stream().map(item -> spoken(item.text())).collect(Collectors.toSet());
  }

  private static boolean contains(String text, String words) {
    return (" " + text + " ").contains(" " + words + " ");
  }

  @Test
  void eachTurnHasALiveContextAndAHundredPhrases() {
    for (Split split : Split.values()) {
      assertThat(turns(split))
          .allSatisfy(turn -> {
            assertThat(turn.items()).isNotEmpty();
            assertThat(turn.reply()).isNotBlank();
            assertThat(turn.lists().stream().mapToInt(list -> list.entries().size()).sum())
                .isBetween(95, 105);
          });
    }
  }

  @Test
  void someVoicesAreHeardInTheTestAlone() {
    Set<String> known = new HashSet<>();
    for (Split split : List.of(Split.TRAIN, Split.DEV)) {
      Voices.of(split).forEach(voice -> known.add(voice.split(":", -1)[1]));
    }
    assertThat(Voices.of(Split.TEST))
        .filteredOn(voice -> !known.contains(voice.split(":", -1)[1]))
        .hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void aFileHoldsTheTurns(@TempDir Path folder) throws IOException {
    Path file = TurnFile.in(folder, Split.DEV);

    TurnFile.write(file, turns(Split.DEV));

    assertThat(TurnFile.read(file)).isEqualTo(turns(Split.DEV));
  }
}
