package dev.earshot.perf;

import dev.earshot.perf.crash.CrashRun;
import dev.earshot.perf.crash.Findings;
import dev.earshot.perf.process.WorkFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench crash}: is an acknowledged write still there after a kill? */
@Command(
    name = "crash",
    description = {
      "Ends a server by SIGKILL under write load, starts it again on the same data, and checks by its"
          + " API that every acknowledged write is there, once and in order, round after round.",
      "",
      "Callers write events with texts to interactions of their own and to shared ones, and profiles"
          + " with etags; now and then they hang up before the answer and repeat the write, or remove"
          + " an interaction.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every acknowledged write was there, once",
      "1:a server or the machine failed",
      "4:a write was lost or doubled, or came back"
    })
final class CrashCommand implements Callable<Integer> {
  private static final int NOT_KEPT = 4;

  @Spec private CommandSpec spec;

  @Option(names = "--rounds", defaultValue = "10", description = "Kills.")
  private int rounds;

  @Option(
      names = "--writers",
      defaultValue = "8",
      description = "Callers, each of which waits for an answer before its next write.")
  private int writers;

  @Option(
      names = "--load",
      paramLabel = "S",
      defaultValue = "2",
      description = "A kill comes at a random moment of so many seconds of load.")
  private double loadSeconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the moments and the writes; the report says it. Default: by chance.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Long seed;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "Where the server keeps its data, which stay. Default: a temporary folder, which stays"
              + " where something was lost.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path dataDir;

  @Mixin private BundleOptions bundles;

  @Option(
      names = "--server-args",
      paramLabel = "ARGS",
      description = "Further flags of the server, such as --store-synced.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String serverArgs;

  @Option(
      names = "--server-home",
      paramLabel = "DIR",
      description = "A folder with another build's launcher, to kill that build.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path serverHome;

  @Mixin private ResultOptions results;

  @Override
  public Integer call() throws IOException, InterruptedException, BenchException {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    long chosenSeed = seed == null ? ThreadLocalRandom.current().nextInt() : seed;
    CrashRun.Options options = options(now, chosenSeed);
    Machine machine = Machine.describe();
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    progress.note("seed " + chosenSeed + "; starting a server");
    Path data = dataDir == null ? WorkFolder.create("crash-data").path() : dataDir;
    boolean isKept = false;
    try {
      CrashRun run =
          new CrashRun(
              EarshotProcess.spec(serverHome, bundles.bundle(), serverArguments(data)), options);
      CrashRun.Result result = run.run(round -> progress.note(line(round)));
      isKept = result.findings().isClean();
      CrashReport report =
          CrashReport.of(
              results.name(),
              now.toString(),
              "bench " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
              machine,
              setup(chosenSeed),
              result);
      results.publish(report, report.markdown());
    } catch (ExecutionException e) {
      throw new BenchException(
          "a call was refused: " + (e.getCause() == null ? e : e.getCause()).getMessage(), e);
    } finally {
      if (dataDir == null && isKept) {
        new WorkFolder(data).close();
      } else {
        progress.note("the data are in " + data);
      }
    }
    return isKept ? 0 : NOT_KEPT;
  }

  private CrashRun.Options options(Instant now, long chosenSeed) {
    try {
      return new CrashRun.Options(
          "r" + Long.toString(now.getEpochSecond(), Character.MAX_RADIX),
          rounds,
          writers,
          Duration.ofNanos((long) (loadSeconds * 1e9)),
          chosenSeed);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }

  private List<String> serverArguments(Path data) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--store=rocksdb",
                "--data-dir=" + data.toAbsolutePath(),
                // Nothing is gone by its time, however long the run is.
                "--context-ttl=1000h",
                "--context-max-age=1000h"));
    arguments.addAll(EarshotProcess.words(serverArgs));
    return arguments;
  }

  private Map<String, Object> setup(long chosenSeed) {
    Map<String, Object> setup = new LinkedHashMap<>();
    setup.put("store", "rocksdb" + (serverArgs == null ? "" : " " + serverArgs.strip()));
    setup.put("rounds", rounds);
    setup.put("writers", writers);
    setup.put("seconds_of_load_at_most", loadSeconds);
    setup.put("seed", chosenSeed);
    return setup;
  }

  private String line(CrashRun.Round round) {
    Findings found = round.findings();
    return String.format(
            Locale.ROOT,
            "  %d/%d: killed after %.2f s, %,d writes acknowledged, %d under way; serving again after"
                + " %.1f s; ",
            round.number(),
            rounds,
            round.loadMs() / 1e3,
            round.acknowledged(),
            round.unanswered(),
            round.recoveryMs() / 1e3)
        + (found.isClean()
            ? String.format(Locale.ROOT, "%,d looked for, all there", found.checked())
            : String.format(
                Locale.ROOT,
                "LOST %d, DOUBLED %d, out of order %d, never written %d, revived %d: %s",
                found.lost(),
                found.doubled(),
                found.misordered(),
                found.strange(),
                found.revived(),
                found.examples()));
  }
}
