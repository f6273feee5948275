package dev.earshot.perf.asr;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot bench asr scenarios}. */
@Command(
    name = "scenarios",
    description =
        "Makes the turns: turns.train.jsonl, turns.dev.jsonl, turns.test.jsonl. The same seed gives"
            + " the same turns.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class ScenariosCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--data", required = true, description = "Folder of the texts.")
  private Path data;

  @Option(names = "--out", required = true, description = "Folder of the turns.")
  private Path out;

  @Option(
      names = "--sounds",
      defaultValue = "/usr/share/asterisk/sounds/en",
      description = "Folder of recordings.")
  private Path sounds;

  @Option(
      names = "--sound-texts",
      defaultValue = "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz",
      description = "What they say.")
  private Path soundTexts;

  @Option(names = "--seed", defaultValue = "6", description = "Of all that is drawn.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    Scenarios scenarios = new Scenarios(SourceTexts.read(data, sounds, soundTexts), seed);
    Files.createDirectories(out);
    PrintWriter print = spec.commandLine().getOut();
    print.println(
        "| split | scenarios with follow-ups | follow-ups | answer named | unrelated | recordings |");
    print.println("|---|---:|---:|---:|---:|---:|");
    for (Split split : Split.values()) {
      List<Turn> turns = scenarios.turns(split);
      TurnFile.write(TurnFile.in(out, split), turns);
      List<Turn> followups = turns.stream().filter(Turn::isFollowup).toList();
      long named = followups.stream().filter(t -> t.relation() == Turn.Relation.IN_CONTEXT).count();
      print.printf(
          Locale.ROOT,
          "| %s | %,d | %,d | %.0f%% | %,d | %,d |%n",
          split.label(),
          followups.stream().map(Turn::scenario).distinct().count(),
          followups.size(),
          100.0 * named / Math.max(1, followups.size()),
          turns.stream().filter(t -> t.relation() == Turn.Relation.UNRELATED).count(),
          turns.stream().filter(t -> t.relation() == Turn.Relation.RECORDING).count());
    }
    print.flush();
    return 0;
  }
}
