package dev.earshot.app.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.earshot.model.BiasBundle;
import dev.earshot.model.BiasBundle.Role;
import dev.earshot.model.BundleException;
import dev.earshot.model.ContextEncoder;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.OnnxContextEncoder;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.pronunciation.GraphemeToPhoneme;
import dev.earshot.pronunciation.Lexicon;
import dev.earshot.pronunciation.Pronouncer;
import dev.earshot.rescore.LearnedRescorer;
import dev.earshot.rescore.NBest;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.zip.CRC32;

/** Sets of recorded turns, replayed with the models of a bias bundle. */
public final class BiasReplay implements AutoCloseable {
  private static final int FOLDS = 5;
  private static final double DECIMALS = 1e4;

  /** Sets of recorded turns as they are. */
  private static final List<String> RECORDED = List.of("train", "dev", "test");

  private final LearnedRescorer rescorer;
  private final List<LearnedRescorer> folds;
  private final Pronouncer pronouncer;
  private final ContextEncoder encoder;
  private final Set<Signal> without;

  /** What biasing draws on, and can be replayed without. */
  public enum Signal {
    /** The reply, what it names, and what a screen shows. */
    REPLY,
    /** Earlier interactions of the dialogue. */
    DIALOGUE,
    /** The user's lists. */
    PROFILE,
    /** The context vector. */
    EMBEDDING,
    /** How phrases sound. */
    PHONETICS
  }

  private BiasReplay(
      LearnedRescorer rescorer,
      List<LearnedRescorer> folds,
      Pronouncer pronouncer,
      ContextEncoder encoder,
      Set<Signal> without) {
    this.rescorer = rescorer;
    this.folds = List.copyOf(folds);
    this.pronouncer = pronouncer;
    this.encoder = encoder;
    this.without = Set.copyOf(without);
  }

  /**
   * Loads the models.
   *
   * @param scorers the folder of {@code fold-0.json} and so on; empty: nothing is scored, and the
   *     bundle may lack a scorer or have an old one
   * @throws BundleException naming the file of the bundle that is missing or damaged
   * @throws IOException if a scorer cannot be read
   */
  public static BiasReplay open(Path bundle, Optional<Path> scorers, Set<Signal> without)
      throws BundleException, IOException {
    BiasBundle files = BiasBundle.open(bundle);
    Pronouncer pronouncer =
        new Pronouncer(
            Lexicon.read(files.read(Role.LEXICON)),
            GraphemeToPhoneme.read(files.read(Role.G2P)),
            Set.copyOf(files.languages()));
    if (scorers.isEmpty()) {
      LearnedRescorer untrained = LearnedRescorer.untrained(pronouncer);
      return new BiasReplay(
          untrained, List.of(), pronouncer, OnnxContextEncoder.load(files, runtime()), without);
    }
    List<LearnedRescorer> folds = new ArrayList<>();
    for (int i = 0; i < FOLDS && Files.isDirectory(scorers.get()); i++) {
      folds.add(
          LearnedRescorer.read(
              Files.readAllBytes(scorers.get().resolve("fold-" + i + ".json")), pronouncer));
    }
    return new BiasReplay(
        files.has(Role.RESCORER)
            ? LearnedRescorer.read(files.read(Role.RESCORER), pronouncer)
            : LearnedRescorer.untrained(pronouncer),
        folds,
        pronouncer,
        OnnxContextEncoder.load(files, runtime()),
        without);
  }

  private static OnnxRuntime runtime() {
    try {
      return OnnxRuntime.start(ExecutionProvider.CPU);
    } catch (ExecutionProviderException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Evaluates sets.
   *
   * @param data folders
   * @param sets by name; empty: those that are there
   * @param decoder whose lists of recorded turns are read; where it is not {@code free}, its lists,
   *     rescoring, and both together are each measured against the free decoder's best, on the
   *     turns that both decoders heard; the lists may be in another folder than the turns
   * @param shuffled whether recorded turns get others' contexts
   * @throws EvalDataException if the data is missing or is not as it should be
   * @throws IllegalArgumentException if there is no such set
   */
  public List<BiasReport> run(
      List<Path> data,
      List<String> sets,
      String decoder,
      boolean shuffled,
      long seed,
      EvalProgress progress) {
    List<String> asked = sets;
    if (asked.isEmpty()) {
      asked =
          BiasTurns.EVALUATED.stream()
              .filter(set -> data.stream().anyMatch(folder -> BiasTurns.has(folder, set)))
              .toList();
      if (asked.isEmpty()) {
        throw new EvalDataException(data + ": none of " + BiasTurns.EVALUATED + " is there");
      }
    }
    BiasTurns.Signals signals = signals(without, shuffled);
    List<BiasReport> reports = new ArrayList<>();
    for (String set : asked) {
      requireKnown(set);
      if (!decoder.equals(BiasTurns.FREE)) {
        if (!RECORDED.contains(set)) {
          throw new IllegalArgumentException(
              "--set: " + set + " with --decoder " + decoder + " (expected: of " + RECORDED + ")");
        }
        Map<String, NBest> inBeam = lists(data, set, decoder, signals);
        Map<String, NBest> free = lists(data, set, BiasTurns.FREE, signals);
        free.keySet().retainAll(inBeam.keySet());
        List<BiasTurn> turns = BiasTurns.recorded(folderOf(data, set), set, free, signals);
        reports.addAll(evaluation(set).compare(set, turns, inBeam, seed, progress));
      } else {
        List<BiasTurn> turns = BiasTurns.read(folderOf(data, set), set, signals);
        reports.add(evaluation(set).run(set, turns, seed, progress));
      }
    }
    return reports;
  }

  private static Map<String, NBest> lists(
      List<Path> data, String set, String decoder, BiasTurns.Signals signals) {
    Path folder =
        data.stream()
            .filter(candidate -> BiasTurns.hasLists(candidate, set, decoder))
            .findFirst()
            .orElse(folderOf(data, set));
    return BiasTurns.lists(folder, set, decoder, signals);
  }

  private static BiasTurns.Signals signals(Set<Signal> without, boolean shuffled) {
    Set<PhraseSource> sources = EnumSet.noneOf(PhraseSource.class);
    if (without.contains(Signal.REPLY)) {
      sources.add(PhraseSource.REPLY);
    }
    if (without.contains(Signal.DIALOGUE)) {
      sources.add(PhraseSource.DIALOGUE);
    }
    if (without.contains(Signal.PROFILE)) {
      sources.add(PhraseSource.PROFILE);
    }
    return new BiasTurns.Signals(sources, shuffled, BiasTurns.Signals.ALL.mostHypotheses(), false);
  }

  /**
   * Writes the phrases that the server makes of each recorded turn, as a recogniser's decoder takes
   * them: lines {@code {turn, phrases: [{text, boost}]}}, likeliest first. Needs no lists and no
   * models.
   *
   * @param sets of recorded turns
   * @param scale what boosts, in natural-log units, are multiplied by
   * @param file that is written anew
   * @throws EvalDataException if the turns are missing or are not as they should be
   * @throws IllegalArgumentException if a set is none of recorded turns
   * @throws IOException if the file cannot be written
   */
  public static void writePhrases(
      List<Path> data,
      List<String> sets,
      Set<Signal> without,
      boolean shuffled,
      double scale,
      Path file)
      throws IOException {
    for (String set : sets) {
      if (!RECORDED.contains(set)) {
        throw new IllegalArgumentException("--set: " + set + " (expected: of " + RECORDED + ")");
      }
    }
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (String set : sets) {
        BiasTurns.phrases(
            folderOf(data, set),
            set,
            signals(without, shuffled),
            (turn, phrases) -> {
              try {
                out.write(line(turn, phrases, scale));
                out.newLine();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
      }
    } catch (UncheckedIOException e) {
      throw new IOException(e.getCause());
    }
  }

  private static String line(String turn, List<BiasPhrase> phrases, double scale) {
    ObjectNode line = JsonNodeFactory.instance.objectNode().put("turn", turn);
    ArrayNode all = line.putArray("phrases");
    for (BiasPhrase phrase : phrases) {
      all.addObject()
          .put("text", phrase.text())
          .put("boost", Math.round(scale * phrase.boost() * DECIMALS) / DECIMALS);
    }
    return line.toString();
  }

  /**
   * Writes what the scorer's trainer reads.
   *
   * @param data folders, which together hold all sets
   * @param sets by name; empty: all that the trainer reads
   */
  public void writeFeatures(List<Path> data, List<String> sets, Path folder, EvalProgress progress)
      throws IOException {
    ProposalFiles files = new ProposalFiles(folder);
    for (String set : sets.isEmpty() ? BiasTurns.FOR_TRAINING : sets) {
      requireKnown(set);
      List<BiasTurn> turns = BiasTurns.read(folderOf(data, set), set, BiasTurns.Signals.ALL);
      files.write(set, turns, evaluation(set), progress);
    }
  }

  private static void requireKnown(String set) {
    if (!BiasTurns.EVALUATED.contains(set) && !BiasTurns.FOR_TRAINING.contains(set)) {
      throw new IllegalArgumentException(
          "--set: " + set + " (expected: of " + BiasTurns.EVALUATED + " or dev)");
    }
  }

  private static Path folderOf(List<Path> data, String set) {
    return data.stream()
        .filter(folder -> BiasTurns.has(folder, set))
        .findFirst()
        .orElseThrow(() -> new EvalDataException(data + ": the set " + set + " is not there"));
  }

  private BiasEvaluation evaluation(String set) {
    boolean crossFitted = BiasTurns.CROSS_FITTED.contains(set) && !folds.isEmpty();
    Function<BiasTurn, LearnedRescorer> rescorers =
        turn -> crossFitted ? folds.get(foldOf(turn.cluster())) : rescorer;
    return new BiasEvaluation(
        rescorers,
        without.contains(Signal.PHONETICS) ? Optional.empty() : Optional.of(pronouncer),
        without.contains(Signal.EMBEDDING) ? Optional.empty() : Optional.of(encoder));
  }

  /** As the trainer does it. */
  private static int foldOf(String cluster) {
    CRC32 checksum = new CRC32();
    checksum.update(cluster.getBytes(StandardCharsets.UTF_8));
    return (int) (checksum.getValue() % FOLDS);
  }

  @Override
  public void close() {
    encoder.close();
  }
}
