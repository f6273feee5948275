package dev.earshot.perf.asr;

import dev.earshot.app.eval.WordErrors;
import dev.earshot.perf.asr.NBestFile.Entry;
import dev.earshot.perf.asr.NBestFile.NBest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot bench asr wer}. */
@Command(
    name = "wer",
    description =
        "Prints the word error rates of the n-best lists as they are: of the first hypothesis, of"
            + " the first by score for a token, of the best there is.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class WordErrorsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--data", required = true, description = "Folder of the turns and the lists.")
  private Path data;

  @Option(names = "--in-beam", description = "Of the lists with phrases in the beam.")
  private boolean inBeam;

  @Option(names = "--by-voice", description = "Also by voice.")
  private boolean byVoice;

  private static final class Sum {
    private int turns;
    private int words;
    private int first;
    private int normalised;
    private int oracle;
    private int hypotheses;
    private int answered;
    private int heard;

    private String answersHeard() {
      return answered == 0 ? "–" : String.format(Locale.ROOT, "%.0f%%", 100.0 * heard / answered);
    }

    private void add(Turn turn, List<Entry> nbest) {
      turns++;
      List<String> reference = SpokenForm.words(turn.reference());
      words += reference.size();
      first += errors(reference, nbest.get(0));
      normalised +=
          nbest.stream()
              .max(Comparator.comparingDouble(entry -> entry.score() / (entry.tokens() + 1)))
              .map(entry -> errors(reference, entry))
              .orElse(0);
      oracle += nbest.stream().mapToInt(entry -> errors(reference, entry)).min().orElse(0);
      hypotheses += nbest.size();
      answered += turn.answer().isEmpty() ? 0 : 1;
      boolean said =
          !turn.answer().isEmpty()
              && turn.answer().stream()
                  .allMatch(words -> (" " + nbest.get(0).text() + " ").contains(" " + words + " "));
      heard += said ? 1 : 0;
    }

    private static int errors(List<String> reference, Entry entry) {
      return WordErrors.between(reference, SpokenForm.words(entry.text()));
    }
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter print = spec.commandLine().getOut();
    print.println(
        "| split | turns | condition | n | WER | WER by length-normalised score | oracle WER |"
            + " hypotheses | answer heard |");
    print.println("|---|---|---|---:|---:|---:|---:|---:|---:|");
    for (Split split : Split.values()) {
      Path file = data.resolve("nbest." + split.label() + (inBeam ? ".in-beam" : "") + ".jsonl");
      if (!Files.exists(file)) {
        continue;
      }
      Map<String, Turn> turns = new HashMap<>();
      TurnFile.read(TurnFile.in(data, split)).forEach(turn -> turns.put(turn.turn(), turn));
      Map<String, Sum> sums = new TreeMap<>();
      for (NBest nbest : NBestFile.read(file)) {
        Turn turn = turns.get(nbest.turn());
        if (turn == null || nbest.nbest().isEmpty()) {
          continue;
        }
        String relation = turn.isFollowup() ? "follow-up" : turn.relation().label();
        sums.computeIfAbsent(relation + " | " + turn.condition(), key -> new Sum())
            .add(turn, nbest.nbest());
        if (byVoice) {
          sums.computeIfAbsent(
                  "(" + relation + ") | " + turn.voice().replaceAll("recording:.*", "recording"),
                  key -> new Sum())
              .add(turn, nbest.nbest());
        }
      }
      sums.forEach((key, sum) ->
          print.printf(
              Locale.ROOT,
              "| %s | %s | %,d | %.1f%% | %.1f%% | %.1f%% | %.1f | %s |%n",
              split.label(),
              key,
              sum.turns,
              100.0 * sum.first / sum.words,
              100.0 * sum.normalised / sum.words,
              100.0 * sum.oracle / sum.words,
              (double) sum.hypotheses / sum.turns,
              sum.answersHeard()));
    }
    print.flush();
    return 0;
  }
}
