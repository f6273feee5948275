package dev.earshot.app.eval;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.app.eval.JsonLines.Line;
import dev.earshot.bias.ContextTexts;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.phrase.TurnContext;
import dev.earshot.rescore.NBest;
import dev.earshot.store.ContextItem;
import dev.earshot.store.Profile;
import dev.earshot.store.Profile.UserList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** Reads recorded turns: those of {@code perf/asr}, and public data. */
final class BiasTurns {
  /** Sets of recorded turns, and of public data, that are evaluated if none is named. */
  static final List<String> EVALUATED = List.of("test", "is21", "is21-unrelated", "slurp", "snips");

  /** Sets that the scorer's trainer reads. */
  static final List<String> FOR_TRAINING =
      List.of(
          "train",
          "train-shuffled",
          "train-one-best",
          "train-shuffled-one-best",
          "dev",
          "dev-one-best",
          "is21",
          "is21-unrelated",
          "slurp",
          "snips");

  /** Sets of public data, which the shipped scorer has seen in training. */
  static final List<String> CROSS_FITTED = List.of("is21", "is21-unrelated", "slurp", "snips");

  /** The decoder that knows no phrases. */
  static final String FREE = "free";

  private static final String IS21 = "is21.test-clean.100.jsonl.gz";
  private static final String SLURP = "slurp.dev.jsonl.gz";
  private static final String SNIPS = "snips_tts.dev.jsonl.gz";
  private static final String ENTITIES = "slurp.entities.jsonl";
  private static final long SEED = 1;

  /** Phrases of a turn whose data names none. */
  private static final int PHRASES = 100;

  private static final double EXPLICIT_BOOST = 5.5;

  private BiasTurns() {}

  /** Whether a folder has what a set is read from. */
  static boolean has(Path folder, String set) {
    return Files.exists(
        folder.resolve(
            switch (set) {
              case "is21", "is21-unrelated" -> IS21;
              case "slurp" -> SLURP;
              case "snips" -> SNIPS;
              default -> "turns." + split(set) + ".jsonl";
            }));
  }

  /**
   * Reads a set; of recorded turns what the free decoder heard.
   *
   * @param set of {@link #EVALUATED} or {@link #FOR_TRAINING}
   * @param signals of recorded turns; the trainer's sets have their own: there the number of
   *     phrases varies, and in a third of the turns they are the request's
   * @throws EvalDataException if a file is missing or is not as it should be
   */
  static List<BiasTurn> read(Path folder, String set, Signals signals) {
    return switch (set) {
      case "is21" -> is21(folder.resolve(IS21));
      case "is21-unrelated" -> is21Unrelated(folder.resolve(IS21), SEED);
      case "slurp" -> slurp(folder.resolve(SLURP), folder.resolve(ENTITIES), SEED);
      case "snips" -> snips(folder.resolve(SNIPS), folder.resolve(ENTITIES), SEED);
      default -> {
        boolean training = set.startsWith("train");
        Signals ofSet =
            new Signals(
                signals.without,
                signals.shuffled || set.contains("-shuffled"),
                set.endsWith("-one-best") ? 1 : signals.mostHypotheses,
                training);
        yield recorded(folder, split(set), lists(folder, split(set), FREE, ofSet), ofSet);
      }
    };
  }

  /** The split that a set of recorded turns is of. */
  static String split(String set) {
    int dash = set.indexOf('-');
    return dash < 0 ? set : set.substring(0, dash);
  }

  /** LibriSpeech test-clean: 1-best, with a list of 100 words beside each utterance. */
  static List<BiasTurn> is21(Path file) {
    List<BiasTurn> turns = new ArrayList<>();
    JsonLines.read(
        file,
        line -> {
          List<List<String>> rare = new ArrayList<>();
          for (String word : texts(line, "rare_words")) {
            rare.add(List.of(word));
          }
          String id = line.text("id");
          turns.add(
              new BiasTurn(
                  id,
                  id.substring(0, id.indexOf('-')),
                  "is21",
                  WordErrors.words(line.text("reference")),
                  oneBest(line.textOrEmpty("hypothesis")),
                  explicit(texts(line, "bias_list")),
                  List.of(),
                  rare));
        });
    return turns;
  }

  /** The same utterances, each with the words of another's list that it does not hold. */
  static List<BiasTurn> is21Unrelated(Path file, long seed) {
    List<BiasTurn> turns = is21(file);
    List<BiasTurn> shuffled = new ArrayList<>(turns);
    Collections.shuffle(shuffled, new Random(seed));
    List<BiasTurn> unrelated = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      BiasTurn turn = turns.get(i);
      List<BiasPhrase> phrases =
          shuffled.get(i).phrases().stream()
              .filter(phrase -> !turn.reference().contains(phrase.text()))
              .toList();
      unrelated.add(
          new BiasTurn(
              turn.id(),
              turn.cluster(),
              "is21-unrelated",
              turn.reference(),
              turn.nBest(),
              phrases,
              List.of(),
              List.of()));
    }
    return unrelated;
  }

  /** SLURP: each recording's 1-best, with 100 entities, the utterance's own among them. */
  static List<BiasTurn> slurp(Path file, Path entities, long seed) {
    List<String> all = new ArrayList<>();
    JsonLines.read(entities, line -> all.addAll(texts(line, "values")));
    Random random = new Random(seed);
    List<BiasTurn> turns = new ArrayList<>();
    JsonLines.read(
        file,
        line -> {
          List<List<String>> sought = new ArrayList<>();
          Set<String> phrases = new LinkedHashSet<>();
          for (JsonNode entity : line.fields().path("entities")) {
            List<String> words = WordErrors.words(entity.path("text").asText());
            if (!words.isEmpty()) {
              sought.add(words);
              phrases.add(String.join(" ", words));
            }
          }
          while (phrases.size() < PHRASES) {
            List<String> words = WordErrors.words(all.get(random.nextInt(all.size())));
            if (!words.isEmpty()) {
              phrases.add(String.join(" ", words));
            }
          }
          List<String> reference = WordErrors.words(line.text("reference"));
          String id = String.valueOf(line.fields().path("id").asLong());
          for (String heard : texts(line, "hypotheses")) {
            turns.add(
                new BiasTurn(
                    id,
                    id,
                    "slurp",
                    reference,
                    oneBest(heard),
                    explicit(phrases),
                    List.of(),
                    sought));
          }
        });
    return turns;
  }

  /**
   * SNIPS: n-best lists, with 100 phrases that have nothing to do with what is said; without
   * unknown words.
   */
  static List<BiasTurn> snips(Path file, Path entities, long seed) {
    List<String> all = new ArrayList<>();
    JsonLines.read(entities, line -> all.addAll(texts(line, "values")));
    Random random = new Random(seed);
    List<BiasTurn> turns = new ArrayList<>();
    JsonLines.read(
        file,
        line -> {
          String text = line.text("reference");
          if (text.contains("<unk>")) {
            return;
          }
          List<String> reference = WordErrors.words(text);
          String padded = " " + String.join(" ", reference) + " ";
          Set<String> phrases = new LinkedHashSet<>();
          while (phrases.size() < PHRASES) {
            String phrase = String.join(" ", WordErrors.words(all.get(random.nextInt(all.size()))));
            if (!phrase.isEmpty() && !padded.contains(" " + phrase + " ")) {
              phrases.add(phrase);
            }
          }
          List<NBest.Hypothesis> heard = new ArrayList<>();
          for (JsonNode hypothesis : line.fields().path("nbest")) {
            // The scores are posteriors.
            heard.add(
                new NBest.Hypothesis(
                    hypothesis.path("text").asText(),
                    Math.log(Math.max(1e-9, hypothesis.path("score").asDouble()))));
          }
          String id = line.file().getFileName() + ":" + line.number();
          turns.add(
              new BiasTurn(
                  id,
                  id,
                  "snips",
                  reference,
                  new NBest(heard, 1),
                  explicit(phrases),
                  List.of(),
                  List.of()));
        });
    return turns;
  }

  /** What a turn's phrases are made without, or from whose context. */
  record Signals(Set<PhraseSource> without, boolean shuffled, int mostHypotheses, boolean varied) {
    /** All that is known. */
    static final Signals ALL = new Signals(Set.of(), false, 100, false);
  }

  /** How many phrases and hypotheses a turn has, where that is varied for training. */
  private static final int[] VARIED_PHRASES = {1, 4, 15, 50, 100, 100, 100};

  private static final int[] VARIED_HYPOTHESES = {2, 3, 5, 10, 10, 10};

  private static int varied(int[] choices, int hash) {
    return choices[Math.floorMod(hash, choices.length)];
  }

  /** What was heard of each turn of a split, by the turn's id. */
  static Map<String, NBest> lists(Path folder, String split, String decoder, Signals signals) {
    Map<String, NBest> heard = new HashMap<>();
    JsonLines.read(
        folder.resolve(listFile(split, decoder)),
        line -> {
          if (line.text("decoder").equals(decoder)) {
            List<NBest.Hypothesis> nBest = new ArrayList<>();
            int mostHypotheses =
                signals.varied
                    ? Math.min(
                        signals.mostHypotheses,
                        varied(VARIED_HYPOTHESES, line.text("turn").hashCode() / 31))
                    : signals.mostHypotheses;
            for (JsonNode hypothesis : line.fields().path("nbest")) {
              if (nBest.size() < mostHypotheses) {
                // What phrases in the beam added is part of the score that a recogniser gives.
                nBest.add(
                    new NBest.Hypothesis(
                        hypothesis.path("text").asText(),
                        hypothesis.path("score").asDouble() + hypothesis.path("bias").asDouble()));
              }
            }
            if (!nBest.isEmpty()) {
              heard.put(line.text("turn"), new NBest(nBest, 1));
            }
          }
        });
    return heard;
  }

  private static String listFile(String split, String decoder) {
    return "nbest." + split + (decoder.equals(FREE) ? "" : "." + decoder) + ".jsonl";
  }

  /** Whether a folder has a decoder's lists of a split. */
  static boolean hasLists(Path folder, String split, String decoder) {
    return Files.exists(folder.resolve(listFile(split, decoder)));
  }

  /** Turns recorded by {@code perf/asr}: those of one split that were heard. */
  static List<BiasTurn> recorded(
      Path folder, String split, Map<String, NBest> heard, Signals signals) {
    List<BiasTurn> turns = new ArrayList<>();
    forEachRecorded(
        folder,
        split,
        heard::containsKey,
        signals,
        (line, context, made) -> {
          List<BiasPhrase> phrases =
              signals.varied && Math.floorMod(line.text("turn").hashCode() / 7, 3) == 0
                  ? explicit(made.stream().map(BiasPhrase::text).toList())
                  : made;
          List<List<String>> sought = new ArrayList<>();
          for (String answer : texts(line, "answer")) {
            sought.add(WordErrors.words(answer));
          }
          String snr =
              line.fields().path("snr").isNumber()
                  ? line.fields().path("snr").asText() + " dB"
                  : "clean";
          String relation = line.text("relation");
          turns.add(
              new BiasTurn(
                  line.text("turn"),
                  line.text("scenario"),
                  relation.equals("recording") ? relation : relation + ", " + snr,
                  WordErrors.words(line.text("reference")),
                  Objects.requireNonNull(heard.get(line.text("turn"))),
                  phrases,
                  ContextTexts.of(
                      items(context.fields(), context),
                      earlier(context.fields()),
                      phrases,
                      Integer.MAX_VALUE),
                  sought));
        });
    return turns;
  }

  /** Hears of each recorded turn with the phrases that the server makes of its context. */
  static void phrases(
      Path folder, String split, Signals signals, BiConsumer<String, List<BiasPhrase>> consumer) {
    forEachRecorded(
        folder,
        split,
        turn -> true,
        signals,
        (line, context, made) -> consumer.accept(line.text("turn"), made));
  }

  /** Takes a turn, the turn whose context it has, and the phrases of that one. */
  @FunctionalInterface
  private interface RecordedTurn {
    void accept(Line line, Line context, List<BiasPhrase> phrases);
  }

  private static void forEachRecorded(
      Path folder, String split, Predicate<String> wanted, Signals signals, RecordedTurn consumer) {
    List<Line> lines = new ArrayList<>();
    JsonLines.read(
        folder.resolve("turns." + split + ".jsonl"),
        line -> {
          if (wanted.test(line.text("turn"))) {
            lines.add(line);
          }
        });
    PhraseMaker maker = new PhraseMaker();
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      // Half the list away there is another scenario.
      Line context = signals.shuffled ? lines.get((i + lines.size() / 2) % lines.size()) : line;
      int most = signals.varied ? varied(VARIED_PHRASES, line.text("turn").hashCode()) : PHRASES;
      consumer.accept(
          line,
          context,
          maker
              .make(
                  TurnContext.of(items(context.fields(), context), most)
                      .withEarlier(earlier(context.fields()))
                      .withLists(maker.prepare(lists(context.fields())))
                      .without(signals.without))
              .phrases());
    }
  }

  private static List<ContextItem> items(JsonNode fields, Line line) {
    List<ContextItem> items = new ArrayList<>();
    String utterance = line.textOrEmpty("previous_utterance");
    String reply = line.textOrEmpty("reply");
    if (!utterance.isEmpty()) {
      items.add(item("UTTERANCE", utterance));
    }
    if (!reply.isEmpty()) {
      items.add(item("REPLY", reply));
    }
    items.addAll(items(fields.path("items")));
    return items;
  }

  private static List<ContextItem> items(JsonNode all) {
    List<ContextItem> items = new ArrayList<>();
    for (JsonNode item : all) {
      items.add(item(item.path("kind").asText(), item.path("text").asText()));
    }
    return items;
  }

  private static ContextItem item(String kind, String text) {
    return new ContextItem(kind, text, "", "", List.of(), "");
  }

  private static List<List<ContextItem>> earlier(JsonNode fields) {
    List<List<ContextItem>> all = new ArrayList<>();
    for (JsonNode interaction : fields.path("earlier")) {
      all.add(items(interaction.isArray() ? interaction : interaction.path("items")));
    }
    return all;
  }

  private static List<UserList> lists(JsonNode fields) {
    List<UserList> lists = new ArrayList<>();
    for (JsonNode list : fields.path("lists")) {
      List<Profile.Entry> entries = new ArrayList<>();
      for (JsonNode entry : list.path("entries")) {
        entries.add(new Profile.Entry(entry.asText(), List.of()));
      }
      lists.add(new UserList(list.path("type").asText(), entries));
    }
    return lists;
  }

  private static NBest oneBest(String text) {
    return new NBest(List.of(new NBest.Hypothesis(text, 0)), 1);
  }

  private static List<BiasPhrase> explicit(Iterable<String> texts) {
    List<BiasPhrase> phrases = new ArrayList<>();
    for (String text : texts) {
      phrases.add(
          new BiasPhrase(
              text, EXPLICIT_BOOST, text, List.of(), "PHRASE", PhraseSource.REQUEST, ""));
    }
    return phrases;
  }

  private static List<String> texts(Line line, String field) {
    JsonNode values = line.fields().path(field);
    List<String> texts = new ArrayList<>();
    values.forEach(value -> texts.add(value.asText()));
    return texts;
  }
}
