package dev.earshot.perf.asr;

import static dev.earshot.perf.asr.NamePools.pick;

import dev.earshot.perf.asr.SourceTexts.Followup;
import dev.earshot.perf.asr.Turn.Item;
import dev.earshot.perf.asr.Turn.Relation;
import dev.earshot.perf.asr.Turn.UserList;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes the turns. The same seed and texts give the same turns; each scenario draws from a source
 * of its own, so that more of one do not change another. Half or more of the test scenarios come
 * from dialogues and from SLURP's entities; a dialogue, and an entity that is said, is in one split
 * alone.
 */
final class Scenarios {
  private static final String LIST_ENTRY = "LIST_ENTRY";

  /** Of answers: among what was just named or an earlier interaction named. */
  private static final double IN_CONTEXT = 0.72;

  private static final double EARLIER = 0.08;

  /** Of the other answers: in one of the user's lists. */
  private static final double IN_LIST = 0.5;

  /** Longer requests are left out: they take long and nobody says them to an assistant. */
  private static final int MOST_WORDS = 10;

  /** Unrelated turns that share a user. */
  private static final int TURNS_PER_USER = 4;

  /** Entries of a user's lists, about 100 in all. */
  private static final Map<String, Integer> LISTS =
      Map.of(
          "contacts", 38, "devices", 16, "places", 16, "playlists", 12, "artists", 9, "titles", 9);

  private static final Map<String, String> LIST_KINDS =
      Map.of(
          "contacts", "CONTACT",
          "devices", "DEVICE",
          "places", "PLACE",
          "playlists", "PLAYLIST",
          "artists", "ARTIST",
          "titles", "TITLE");

  private static final List<String> LIST_ORDER =
      List.of("contacts", "devices", "places", "playlists", "artists", "titles");

  /** SLURP's types that a reply would name. */
  private static final Map<String, String> SLURP_KINDS = slurpKinds();

  /**
   * How many scenarios and turns a split has.
   *
   * @param scenarios by origin
   * @param turns of each of them
   * @param unrelated turns
   */
  private record Size(Map<String, Integer> scenarios, Map<String, Integer> turns, int unrelated) {}

  private static final Map<String, Integer> TURNS =
      Map.of("followups", 3, "slurp", 4, "contacts", 3, "devices", 3, "places", 3, "playlists", 3);

  private static final Map<Split, Size> SIZES =
      Map.of(
          Split.TRAIN, new Size(origins(900, 120, 200, 120), TURNS, 5_000),
          Split.DEV, new Size(origins(40, 24, 32, 18), TURNS, 1_600),
          Split.TEST, new Size(origins(128, 62, 46, 34), TURNS, 2_020));

  private static final List<String> ORIGINS =
      List.of("followups", "slurp", "contacts", "devices", "places", "playlists");

  private final SourceTexts texts;
  private final long seed;
  private final NamePools names;
  private final SpokenForm form = new SpokenForm();
  private final Map<String, String> spokenForms = new HashMap<>();
  private final Map<Split, List<Followup>> dialogues = new HashMap<>();
  private final Map<Split, List<String>> speech = new HashMap<>();
  private final Set<String> saidInTest;

  Scenarios(SourceTexts texts, long seed) {
    this.texts = texts;
    this.seed = seed;
    this.names = new NamePools(seed);
    allotDialogues();
    allotSpeech();
    // SNIPS has a few requests twice.
    this.saidInTest =
        speech.getOrDefault(Split.TEST, List.of()).stream()
            .map(Scenarios::request)
            .collect(Collectors.toUnmodifiableSet());
  }

  private static Map<String, String> slurpKinds() {
    Map<String, String> kinds = new LinkedHashMap<>();
    kinds.put("person", "CONTACT");
    kinds.put("place_name", "PLACE");
    kinds.put("artist_name", "ARTIST");
    kinds.put("song_name", "TITLE");
    kinds.put("business_name", "PLACE");
    kinds.put("event_name", LIST_ENTRY);
    kinds.put("list_name", LIST_ENTRY);
    kinds.put("food_type", "PRODUCT");
    kinds.put("device_type", "DEVICE");
    kinds.put("radio_name", LIST_ENTRY);
    kinds.put("podcast_name", "TITLE");
    kinds.put("audiobook_name", "TITLE");
    kinds.put("game_name", "PHRASE");
    return kinds;
  }

  private static Map<String, Integer> origins(int followups, int slurp, int contacts, int others) {
    return Map.of(
        "followups", followups,
        "slurp", slurp,
        "contacts", contacts,
        "devices", others,
        "places", others,
        "playlists", others);
  }

  private Random random(String id) {
    return new Random(seed * 0x9E3779B97F4A7C15L ^ (long) id.hashCode() * 0xC2B2AE3D27D4EB4FL);
  }

  private void allotDialogues() {
    Map<String, Followup> first = new LinkedHashMap<>();
    for (Followup row : texts.followups()) {
      if (mentions(spoken(row.reference()), row.entitiesSaid())) {
        first.putIfAbsent(row.dialogue(), row);
      }
    }
    List<Followup> shuffled = new ArrayList<>(first.values());
    Collections.shuffle(shuffled, random("dialogues"));
    int from = 0;
    for (Split split : List.of(Split.TEST, Split.DEV, Split.TRAIN)) {
      int count = Math.min(scenarios(split, "followups"), shuffled.size() - from);
      dialogues.put(split, shuffled.subList(from, from + count));
      from += count;
    }
  }

  private boolean mentions(String reference, List<String> entities) {
    return !entities.isEmpty()
        && entities.stream().allMatch(entity -> contains(reference, spoken(entity)));
  }

  private void allotSpeech() {
    for (Split split : Split.values()) {
      Set<String> requests = new LinkedHashSet<>();
      if (split == Split.TEST) {
        texts.slurp().stream().map(text -> "slurp\t" + spoken(text)).forEach(requests::add);
        texts.snipsDev().stream().map(text -> "snips\t" + spoken(text)).forEach(requests::add);
      }
      texts.snips().stream()
          .filter(text -> Split.of(text) == split)
          .map(text -> "snips\t" + spoken(text))
          .forEach(requests::add);
      List<String> shuffled = new ArrayList<>(requests);
      shuffled.removeIf(request ->
          request(request).isEmpty() || SpokenForm.words(request(request)).size() > MOST_WORDS);
      if (split == Split.TEST) {
        // SLURP and SNIPS' development set first, what is missing from the training set.
        Collections.shuffle(shuffled.subList(0, Math.min(1_400, shuffled.size())), random("test"));
      } else {
        Collections.shuffle(shuffled, random(split.label()));
      }
      speech.put(split, shuffled);
    }
  }

  private static int scenarios(Split split, String origin) {
    return size(split).scenarios.getOrDefault(origin, 0);
  }

  private static Size size(Split split) {
    Size size = SIZES.get(split);
    if (size == null) {
      throw new IllegalStateException("no size for " + split);
    }
    return size;
  }

  /** The turns of a split in the order in which they are decoded. */
  List<Turn> turns(Split split) {
    List<Turn> followups = new ArrayList<>();
    for (String origin : ORIGINS) {
      for (int i = 0; i < scenarios(split, origin); i++) {
        if (origin.equals("followups") && i >= dialogues(split).size()) {
          break;
        }
        followups.addAll(scenario(split, origin, i));
      }
    }
    List<Turn> unrelated = unrelated(split);
    List<Turn> all = new ArrayList<>();
    if (split != Split.TRAIN) {
      // All in one condition before the next: an unfinished run is a smaller set.
      for (int condition = 0; condition < 3; condition++) {
        for (int i = 0; i < followups.size(); i++) {
          Turn turn = followups.get(i);
          String noise = condition == 0 ? "clean" : (i + condition) % 2 == 0 ? "babble" : "white";
          Integer snr = condition == 0 ? null : condition == 1 ? 10 : 5;
          String suffix = condition == 0 ? "clean" : Integer.toString(snr == null ? 0 : snr);
          all.add(turn.in(turn.turn() + "/" + suffix, noise, snr));
        }
      }
      all.addAll(unrelated);
      if (split == Split.TEST) {
        all.addAll(recordings());
      }
      return all;
    }
    all.addAll(followups);
    all.addAll(unrelated);
    Collections.shuffle(all, random("order/" + split.label()));
    return all;
  }

  private List<Followup> dialogues(Split split) {
    return dialogues.getOrDefault(split, List.of());
  }

  // --- What was said before
  // -----------------------------------------------------------------------

  /**
   * A user and what they were just told.
   *
   * @param kind of the names that the reply holds
   * @param others names of the kind that were not named
   */
  private record Situation(
      String previousUtterance,
      String reply,
      List<Item> items,
      List<List<Item>> earlier,
      String kind,
      List<String> others) {}

  private List<Turn> scenario(Split split, String origin, int index) {
    String id = split.label() + "/" + origin + "/" + index;
    Random random = random(id);
    String voice = pick(Voices.of(split), random);
    List<UserList> lists = lists(split, random);
    List<Turn> turns = new ArrayList<>();
    int count = size(split).turns.getOrDefault(origin, 0);
    for (int i = 0; i < count; i++) {
      Situation situation =
          origin.equals("followups")
              ? dialogue(split, dialogues(split).get(index), random)
              : situation(split, origin, random);
      @SuppressWarnings("NullAway")
      Followup said = origin.equals("followups") && i == 0 ? dialogues(split).get(index) : null;
      turns.add(answered(split, origin, id, id + "/" + i, voice, lists, situation, said, random));
    }
    return turns;
  }

  private Situation dialogue(Split split, Followup row, Random random) {
    List<Item> items =
        row.replyEntities().stream()
            .map(entity -> new Item(LIST_ENTRY, entity))
            .distinct()
            .toList();
    List<String> others = new ArrayList<>();
    Set<String> named = new HashSet<>();
    items.forEach(item -> named.add(spoken(item.text())));
    List<Followup> all = dialogues(split);
    while (others.size() < 3) {
      Followup other = pick(all, random);
      String entity = pick(other.replyEntities(), random);
      if (named.add(spoken(entity))) {
        others.add(entity);
      }
    }
    return new Situation(
        row.previousUtterance(), row.reply(), items, List.of(), LIST_ENTRY, others);
  }

  private Situation situation(Split split, String origin, Random random) {
    String kind;
    List<String> drawn = new ArrayList<>();
    switch (origin) {
      case "slurp" -> {
        List<String> types = new ArrayList<>(SLURP_KINDS.keySet());
        List<String> values;
        String type;
        do {
          // People and places are most of what is said.
          type = random.nextInt(3) == 0 ? pick(types, random) : types.get(random.nextInt(5));
          values = entities(split, type);
        } while (values.size() < 3);
        kind = SLURP_KINDS.getOrDefault(type, "PHRASE");
        List<String> shuffled = new ArrayList<>(values);
        Collections.shuffle(shuffled, random);
        drawn.addAll(shuffled.subList(0, Math.min(6, shuffled.size())));
      }
      case "contacts" -> {
        kind = "CONTACT";
        String first = names.draw(split, kind, random);
        drawn.add(first);
        boolean namesakes = random.nextInt(3) > 0;
        while (drawn.size() < 6) {
          drawn.add(
              namesakes && drawn.size() < 4
                  ? names.namesake(split, first, random)
                  : names.draw(split, kind, random));
        }
      }
      case "devices" -> kind = "DEVICE";
      case "places" -> kind = "PLACE";
      case "playlists" -> kind = pick(List.of("PLAYLIST", "PLAYLIST", "ARTIST", "TITLE"), random);
      default -> throw new IllegalArgumentException("origin: " + origin);
    }
    for (int tries = 0; drawn.size() < 6 && tries < 100; tries++) {
      if (origin.equals("slurp")) {
        break;
      }
      drawn.add(names.draw(split, kind, random));
    }
    List<String> distinct = drawn.stream().distinct().toList();
    int named = Math.min(distinct.size() - 2, 1 + random.nextInt(3));
    named = Math.max(1, named);
    List<String> candidates = distinct.subList(0, named);
    List<Item> items = candidates.stream().map(name -> new Item(kind, name)).toList();
    List<String> others = distinct.subList(named, distinct.size());
    return new Situation(
        question(kind, candidates, random),
        reply(kind, candidates, random),
        items,
        List.of(),
        kind,
        others);
  }

  private List<String> entities(Split split, String type) {
    return texts.entities().getOrDefault(type, List.of()).stream()
        .map(value -> value.replaceAll(" '?s$", "").strip())
        .filter(value -> value.length() > 2 && !value.contains("@"))
        .distinct()
        .filter(value -> Split.of(value) == split)
        .toList();
  }

  private static String question(String kind, List<String> names, Random random) {
    String last = names.get(0).toLowerCase(Locale.ROOT);
    String head = last.split(" ", 2)[0];
    return switch (kind) {
      case "CONTACT" ->
          pick(List.of("call " + head, "send a message to " + head, "text " + head), random);
      case "DEVICE" ->
          pick(List.of("turn on the light", "switch it off", "turn it up", "is it on"), random);
      case "PLACE" ->
          pick(
              List.of("how do i get there", "navigate", "what is the weather", "take me there"),
              random);
      case "PLAYLIST", "ARTIST", "TITLE" ->
          pick(List.of("play some music", "play something", "what can i listen to"), random);
      default -> pick(List.of("add it", "what is on it", "open it", "order something"), random);
    };
  }

  private static String reply(String kind, List<String> names, Random random) {
    String all = joined(names);
    if (names.size() == 1) {
      return switch (kind) {
        case "CONTACT" ->
            pick(List.of("Do you want me to call " + all + "?", "Is it " + all + "?"), random);
        case "DEVICE" -> "Do you mean the " + all + "?";
        case "PLACE" ->
            pick(List.of("Shall I take you to " + all + "?", "Do you mean " + all + "?"), random);
        case "PLAYLIST", "ARTIST", "TITLE" ->
            pick(List.of("How about " + all + "?", "Would you like to hear " + all + "?"), random);
        default -> "Did you say " + all + "?";
      };
    }
    return pick(
        List.of(
            "Do you mean " + all + "?",
            "I found " + all.replace(" or ", " and ") + ". Which one?",
            "There is " + all.replace(" or ", " and ") + "."),
        random);
  }

  private static String joined(List<String> names) {
    if (names.size() == 1) {
      return names.get(0);
    }
    return String.join(", ", names.subList(0, names.size() - 1))
        + " or "
        + names.get(names.size() - 1);
  }

  private List<UserList> lists(Split split, Random random) {
    List<UserList> lists = new ArrayList<>();
    for (String type : LIST_ORDER) {
      Set<String> entries = new LinkedHashSet<>();
      int wanted = LISTS.getOrDefault(type, 0);
      String kind = LIST_KINDS.getOrDefault(type, LIST_ENTRY);
      for (int tries = 0; entries.size() < wanted && tries < 10 * wanted; tries++) {
        entries.add(names.draw(split, kind, random));
      }
      lists.add(new UserList(type, List.copyOf(entries)));
    }
    return lists;
  }

  // --- What is said ---------------------------------------------------------------------------

  private Turn answered(
      Split split,
      String origin,
      String scenario,
      String id,
      String voice,
      List<UserList> lists,
      Situation situation,
      @Nullable Followup said,
      Random random) {
    double draw = random.nextDouble();
    boolean named = draw < IN_CONTEXT;
    boolean before = named && draw < EARLIER && said == null;
    String answerIn = "items";
    String entity = pick(situation.items, random).text();
    List<List<Item>> earlier = new ArrayList<>();
    List<UserList> own = lists;
    String other = pick(situation.others, random);
    if (before) {
      // Named two requests ago: the interaction in between named something else.
      answerIn = "earlier";
      entity = other;
      String between = pick(situation.others, random);
      earlier.add(between.equals(other) ? List.of() : List.of(new Item(situation.kind, between)));
      earlier.add(List.of(new Item(situation.kind, other)));
    } else if (!named) {
      entity = other;
      if (random.nextDouble() < IN_LIST) {
        answerIn = "list";
        own = with(lists, situation.kind, other, random);
      } else {
        answerIn = "none";
      }
    }
    String reference;
    String answer;
    String speechOf;
    if (said != null) {
      speechOf = "followups";
      String whole = spoken(said.reference());
      String first = spoken(said.entitiesSaid().get(0));
      answer = named ? first : spoken(entity);
      reference = named ? whole : replaced(whole, first, answer);
    } else {
      speechOf = "answer";
      answer = way(entity, situation, random);
      reference = sentence(answer, situation.kind, random);
    }
    Turn turn =
        new Turn(
            id,
            scenario,
            split,
            origin,
            named ? Relation.IN_CONTEXT : Relation.OUT_OF_CONTEXT,
            answerIn,
            speechOf,
            situation.previousUtterance,
            situation.reply,
            situation.items,
            earlier,
            own,
            reference,
            said != null && named
                ? said.entitiesSaid().stream().map(this::spoken).distinct().toList()
                : List.of(answer),
            voice,
            "clean",
            null);
    return split == Split.TRAIN ? condition(turn, random) : turn;
  }

  private static Turn condition(Turn turn, Random random) {
    int condition = random.nextInt(3);
    return condition == 0
        ? turn
        : turn.in(turn.turn(), random.nextBoolean() ? "babble" : "white", condition == 1 ? 10 : 5);
  }

  private static List<UserList> with(
      List<UserList> lists, String kind, String entry, Random random) {
    String type =
        LIST_ORDER.stream()
            .filter(candidate -> kind.equals(LIST_KINDS.get(candidate)))
            .findFirst()
            .orElse("titles");
    List<UserList> extended = new ArrayList<>();
    for (UserList list : lists) {
      if (list.type().equals(type)) {
        List<String> entries = new ArrayList<>(list.entries());
        entries.remove(entry);
        entries.add(random.nextInt(entries.size() + 1), entry);
        extended.add(new UserList(type, entries));
      } else {
        extended.add(list);
      }
    }
    return extended;
  }

  /** An entity's words as a person would say them: of a name, often one part is enough. */
  private String way(String entity, Situation situation, Random random) {
    String full = spoken(entity);
    String[] words = full.split(" ", -1);
    if (words.length == 2 && situation.kind.equals("CONTACT")) {
      int way = random.nextInt(10);
      String part = way < 4 ? words[1] : way < 6 ? words[0] : full;
      return distinguishes(part, entity, situation) ? part : full;
    }
    if (words.length >= 2 && situation.kind.equals("DEVICE") && random.nextInt(4) == 0) {
      return distinguishes(words[0], entity, situation) ? words[0] : full;
    }
    return full;
  }

  private boolean distinguishes(String part, String entity, Situation situation) {
    return situation.items.stream()
        .map(Item::text)
        .filter(text -> !text.equals(entity))
        .noneMatch(text -> contains(spoken(text), part));
  }

  private String sentence(String entity, String kind, Random random) {
    List<String> shorts =
        List.of(
            "%s",
            "%s",
            "%s",
            "%s",
            "%s please",
            "no, %s",
            "i meant %s",
            "i said %s",
            "yes, %s",
            "%s i think",
            "um, %s",
            "no i mean %s");
    List<String> longs =
        switch (kind) {
          case "CONTACT" ->
              List.of(
                  "call %s",
                  "i want to talk to %s",
                  "send the message to %s",
                  "it was %s",
                  "please call %s on her mobile",
                  "i would like to speak to %s");
          case "DEVICE" ->
              List.of(
                  "turn on the %s",
                  "the %s please",
                  "switch off the %s",
                  "no, the %s",
                  "set the %s to low",
                  "i meant the %s");
          case "PLACE" ->
              List.of(
                  "take me to %s",
                  "how far is it to %s",
                  "directions to %s please",
                  "i want to go to %s",
                  "what is the weather like in %s",
                  "no, to %s");
          case "PLAYLIST" ->
              List.of("play %s", "put on %s please", "start %s in the kitchen", "shuffle %s");
          case "ARTIST" ->
              List.of("play %s", "something by %s", "i would like to hear %s", "anything by %s");
          case "TITLE" ->
              List.of(
                  "play %s", "i would like %s", "%s sounds good", "start %s from the beginning");
          case "PRODUCT" -> List.of("order %s", "i would like %s", "%s for two please", "add %s");
          default -> List.of("%s sounds good", "let's take %s", "what about %s", "i'd go for %s");
        };
    return spoken(String.format(pick(random.nextBoolean() ? shorts : longs, random), entity));
  }

  // --- Speech that has nothing to do with it
  // ------------------------------------------------------

  private List<Turn> unrelated(Split split) {
    List<Turn> turns = new ArrayList<>();
    List<String> requests = speech.getOrDefault(split, List.of());
    int next = 0;
    Random random = random(split.label() + "/unrelated");
    String voice = "";
    List<UserList> lists = List.of();
    for (int i = 0; i < size(split).unrelated; i++) {
      int user = i / TURNS_PER_USER;
      if (i % TURNS_PER_USER == 0) {
        random = random(split.label() + "/unrelated/" + user);
        voice = pick(Voices.of(split), random);
        lists = lists(split, random);
      }
      String origin = ORIGINS.get(random.nextInt(ORIGINS.size()));
      Situation situation = live(split, origin, random);
      while (next < requests.size() && isRelated(request(requests.get(next)), situation, lists)) {
        next++;
      }
      if (next == requests.size()) {
        break;
      }
      String request = requests.get(next);
      next++;
      Turn turn =
          new Turn(
              split.label() + "/unrelated/" + i,
              split.label() + "/unrelated/" + user,
              split,
              origin,
              Relation.UNRELATED,
              "none",
              request.substring(0, request.indexOf('\t')),
              situation.previousUtterance,
              situation.reply,
              situation.items,
              List.of(),
              lists,
              request(request),
              List.of(),
              voice,
              "clean",
              null);
      Turn heard = condition(turn, random);
      if (split == Split.TEST || !saidInTest.contains(heard.reference())) {
        turns.add(heard);
      }
    }
    return turns;
  }

  private Situation live(Split split, String origin, Random random) {
    return origin.equals("followups") && !dialogues(split).isEmpty()
        ? dialogue(split, pick(dialogues(split), random), random)
        : situation(split, origin.equals("followups") ? "contacts" : origin, random);
  }

  private static String request(String tagged) {
    return tagged.substring(tagged.indexOf('\t') + 1);
  }

  private boolean isRelated(String request, Situation situation, List<UserList> lists) {
    for (Item item : situation.items) {
      for (String word : spoken(item.text()).split(" ", -1)) {
        if (word.length() > 2 && contains(request, word)) {
          return true;
        }
      }
    }
    return lists.stream()
        .flatMap(list -> list.entries().stream())
        .anyMatch(entry -> contains(request, spoken(entry)));
  }

  private List<Turn> recordings() {
    List<Turn> turns = new ArrayList<>();
    for (Map.Entry<Path, String> recording : texts.recordings().entrySet()) {
      int index = turns.size();
      Random random = random("test/recording/" + index);
      List<UserList> lists = lists(Split.TEST, random);
      String reference = spoken(recording.getValue());
      String origin = ORIGINS.get(random.nextInt(ORIGINS.size()));
      Situation situation = live(Split.TEST, origin, random);
      for (int tries = 0; tries < 20 && isRelated(reference, situation, lists); tries++) {
        situation = live(Split.TEST, origin, random);
      }
      if (reference.isEmpty()) {
        continue;
      }
      turns.add(
          new Turn(
              "test/recording/" + index,
              "test/recording/" + index,
              Split.TEST,
              origin,
              Relation.RECORDING,
              "none",
              "asterisk",
              situation.previousUtterance,
              situation.reply,
              situation.items,
              List.of(),
              lists,
              reference,
              List.of(),
              Turn.RECORDING + recording.getKey(),
              "clean",
              null));
    }
    return turns;
  }

  // --- Words ------------------------------------------------------------------------------------

  private String spoken(String text) {
    return spokenForms.computeIfAbsent(text, form::of);
  }

  private static boolean contains(String text, String words) {
    return (" " + text + " ").contains(" " + words + " ");
  }

  private static String replaced(String text, String words, String by) {
    return (" " + text + " ").replace(" " + words + " ", " " + by + " ").strip();
  }
}
