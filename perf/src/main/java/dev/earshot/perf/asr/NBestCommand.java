package dev.earshot.perf.asr;

import ai.onnxruntime.OrtException;
import dev.earshot.perf.BenchException;
import dev.earshot.perf.asr.NBestFile.Entry;
import dev.earshot.perf.asr.NBestFile.NBest;
import dev.earshot.perf.asr.PhraseBias.Phrase;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot bench asr nbest}. */
@Command(
    name = "nbest",
    description =
        "Speaks the turns and writes what the recogniser hears: nbest.train.jsonl and so on, or,"
            + " with phrases in the beam, nbest.train.in-beam.jsonl. What is there already is not"
            + " made again.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class NBestCommand implements Callable<Integer> {
  private static final int REPORT_EVERY = 100;
  private static final double DECIMALS = 1e4;

  private final SpokenForm spoken = new SpokenForm();

  @Spec private CommandSpec spec;

  @Option(names = "--data", required = true, description = "Folder of the turns, and of the lists.")
  private Path data;

  @Option(
      names = "--out",
      description = "Folder of the lists, where it is another one than the turns'.")
  private @Nullable Path out;

  @Option(
      names = "--split",
      split = ",",
      defaultValue = "train,dev,test",
      description = "Splits, in their order.")
  private List<Split> splits;

  @Option(
      names = "--models",
      description = "Folder of the recogniser. Default: where perf/asr/install puts it.")
  private Path models = Path.of(System.getProperty("user.home"), ".cache/earshot/asr/models");

  @Option(names = "--threads", defaultValue = "1", description = "Of the recogniser.")
  private int threads;

  @Option(names = "--beams", defaultValue = "10", description = "Hypotheses.")
  private int beams;

  @Option(
      names = "--limit",
      defaultValue = "2147483647",
      description = "At most so many turns of a split, from the first.")
  private int limit;

  @Option(
      names = "--turns",
      defaultValue = ".*",
      description = "Only the turns whose id this regular expression matches.")
  private Pattern matching;

  @Option(
      names = "--phrases",
      description =
          "JSON lines {turn, phrases: [{text, boost}]}: favours them within the beam search. Turns"
              + " that it does not hold are left out.")
  private @Nullable Path phrases;

  @Override
  public Integer call() throws BenchException, IOException, InterruptedException {
    Map<String, List<Phrase>> favoured = phrases == null ? Map.of() : PhraseBias.read(phrases);
    Map<Split, List<Turn>> turns = new LinkedHashMap<>();
    for (Split split : splits) {
      turns.put(split, TurnFile.read(TurnFile.in(data, split)));
    }
    Path sound = Files.createTempFile("earshot-asr", ".wav");
    try (Moonshine recogniser = Moonshine.load(models, threads, beams)) {
      Map<Split, List<Turn>> missing = new LinkedHashMap<>();
      for (Split split : splits) {
        Path file = file(split);
        Set<String> done =
            Files.exists(file)
                ? NBestFile.read(file).stream().map(NBest::turn).collect(Collectors.toSet())
                : Set.of();
        missing.put(
            split,
            turns.getOrDefault(split, List.of()).stream()
                .limit(limit)
                .filter(turn -> matching.matcher(turn.turn()).matches())
                .filter(turn -> phrases == null || favoured.containsKey(turn.turn()))
                .filter(turn -> !done.contains(turn.turn()))
                .toList());
      }
      Progress progress =
          new Progress(
              spec.commandLine().getErr(), missing.values().stream().mapToInt(List::size).sum());
      for (Split split : splits) {
        Speech speech =
            new Speech(new Synthesis(sound), split, turns.getOrDefault(split, List.of()));
        try (NBestFile file = new NBestFile(file(split))) {
          for (Turn turn : missing.getOrDefault(split, List.of())) {
            TokenBias bias =
                phrases == null
                    ? TokenBias.NONE
                    : new PhraseBias(
                        favoured.getOrDefault(turn.turn(), List.of()), recogniser.tokenizer());
            file.add(
                new NBest(
                    turn.turn(),
                    phrases == null ? "free" : "in-beam",
                    entries(recogniser, recogniser.recognise(speech.of(turn), bias))));
            progress.one(split);
          }
        }
      }
    } catch (OrtException e) {
      throw new BenchException("the recogniser in " + models + ": " + e.getMessage(), e);
    } finally {
      Files.deleteIfExists(sound);
    }
    return 0;
  }

  private Path file(Split split) {
    String decoder = phrases == null ? "" : ".in-beam";
    return (out == null ? data : out).resolve("nbest." + split.label() + decoder + ".jsonl");
  }

  /** Different words only, each with the score of its best writing. */
  private List<Entry> entries(Moonshine recogniser, List<Hypothesis> hypotheses) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Hypothesis hypothesis : hypotheses) {
      String text = spoken.of(recogniser.tokenizer().decode(hypothesis.tokens()));
      entries.putIfAbsent(
          text,
          new Entry(
              text,
              rounded(hypothesis.score()),
              hypothesis.tokens().size(),
              rounded(hypothesis.bias())));
    }
    return new ArrayList<>(entries.values());
  }

  private static double rounded(double value) {
    return Math.round(value * DECIMALS) / DECIMALS;
  }

  /** A line now and then: how many are done, how fast, how long it will take. */
  private static final class Progress {
    private final PrintWriter print;
    private final long start = System.nanoTime();
    private int done;
    private int left;

    Progress(PrintWriter print, int left) {
      this.print = print;
      this.left = left;
    }

    void one(Split split) {
      done++;
      left--;
      if (done % REPORT_EVERY == 0 || left == 0) {
        double seconds = (System.nanoTime() - start) / 1e9;
        double rate = done / seconds;
        print.printf(
            "%s: %,d done, %.1f a second, %,d left: %.0f minutes%n",
            split.label(), done, rate, left, left / rate / 60);
        print.flush();
      }
    }
  }
}
