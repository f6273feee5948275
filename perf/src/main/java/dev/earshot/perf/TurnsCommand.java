package dev.earshot.perf;

import dev.earshot.model.Bundle;
import dev.earshot.perf.load.Arrivals;
import dev.earshot.perf.load.LoadDriver;
import dev.earshot.perf.load.Phase;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.TurnLoad;
import dev.earshot.perf.process.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench turns}: is the context ready when the reply ends? */
@Command(
    name = "turns",
    description = {
      "Plays turns whose replies re-open the microphone, and asks for each bias when the reply ends,"
          + " while skills are shortlisted at half of the capacity: is what the recogniser needs"
          + " there by then, and are the shortlists as fast as without? The latter is told by"
          + " pairs of runs, as of bench paired: A without turns, B with them.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:99.9%% of the turns were ready, and the shortlists' p99 holds",
      "1:a server or the machine failed",
      "3:invalid: the driver was behind its schedule in too many runs",
      "4:measured, and it is not so"
    })
final class TurnsCommand implements Callable<Integer> {
  private static final int INVALID = 3;
  private static final int DOES_NOT_HOLD = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration SETTLE = Duration.ofMillis(500);

  /** Of the calls that record: their latency is measured, not judged. */
  private static final Duration RECORDING = Duration.ofSeconds(1);

  private static final double WARM_UP_RATE = 300;
  private static final double FIRST_RATE = 250;
  private static final double CAPACITY_SECONDS = 3;

  @Spec private CommandSpec spec;

  @Option(names = "--rate", defaultValue = "50", description = "Turns a second.")
  private double turnRate;

  @Option(
      names = "--reply",
      paramLabel = "MS",
      defaultValue = "1500",
      description = "How long each reply is spoken.")
  private long replyMillis;

  @Option(
      names = "--bias-deadline",
      paramLabel = "MS",
      defaultValue = "15",
      description = "Of the call for a bias when the reply ends.")
  private double biasDeadlineMillis;

  @Option(names = "--entries", defaultValue = "100", description = "Of each user's lists, in all.")
  private int entries;

  @Option(
      names = "--shortlist-rate",
      paramLabel = "N",
      description = "Shortlists a second. Default: half of the capacity, which is found first.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Double knownRate;

  @Option(names = "--pairs", defaultValue = "10", description = "Pairs A/B, and pairs A/A.")
  private int pairCount;

  @Option(names = "--seconds", defaultValue = "5", description = "Of each run.")
  private double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "25",
      description = "Seconds of load for each server before anything counts.")
  private double warmUpSeconds;

  @Option(
      names = "--server-args",
      paramLabel = "ARGS",
      description = "Further flags of both servers.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String serverArgs;

  @Mixin private LoadOptions load;

  @Mixin private ResultOptions results;

  @Override
  public Integer call() throws Exception {
    if (pairCount < 1
        || !(seconds > 0)
        || !(turnRate > 0)
        || replyMillis < 0
        || !(biasDeadlineMillis > 0)
        || (knownRate != null && !(knownRate > 0))) {
      throw new ParameterException(
          spec.commandLine(),
          "--rate, --pairs, --seconds, --bias-deadline, --shortlist-rate (expected: each > 0),"
              + " --reply (expected: >= 0)");
    }
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Machine machine = Machine.describe();
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    Path directory = load.bundle();
    Bundle bundle = Bundle.open(directory);
    load.driverCpus().pinThisProcess();
    Dialogues dialogues =
        new Dialogues(
            "turns-" + Instant.parse(time).getEpochSecond(), load.users(), entries, load.seed());
    List<String> arguments = EarshotProcess.words(serverArgs);
    TurnsReport report;
    progress.note("starting A and B");
    try (ServerProcess serverA =
            ServerProcess.start(
                EarshotProcess.withBiasing(directory, arguments), load.serverCpus(), PATIENCE);
        ServerProcess serverB =
            ServerProcess.start(
                EarshotProcess.withBiasing(directory, arguments), load.serverCpus(), PATIENCE)) {
      progress.note("writing " + load.users() + " users with " + entries + " entries in lists");
      for (ServerProcess server : List.of(serverA, serverB)) {
        Population.register(
            server.host(),
            server.port(),
            load.users(),
            load.enabled(),
            LoadOptions.skillIds(bundle),
            load.seed());
        dialogues.register(server.host(), server.port());
      }
      try (LoadDriver driverA = load.driver(serverA.host(), serverA.port(), load.traffic());
          LoadDriver driverB = load.driver(serverB.host(), serverB.port(), load.traffic());
          TurnLoad turns = turns(serverB, dialogues)) {
        LoadSession alone = new LoadSession(driverA, serverA.meter(), progress);
        alone.warmUp(knownRate == null ? WARM_UP_RATE : knownRate, warmUpSeconds);
        Double capacity = null;
        double rate;
        if (knownRate == null) {
          capacity = alone.capacity(FIRST_RATE, CAPACITY_SECONDS).rate();
          if (!(capacity > 0)) {
            throw new BenchException("no rate was sustained within the deadline");
          }
          rate = Math.round(capacity / 2);
        } else {
          rate = knownRate;
        }
        progress.note(String.format(Locale.ROOT, "%,.0f shortlists a second", rate));
        WithTurns b = new WithTurns(rate, driverB, serverB, turns, progress);
        PhaseResult unused = b.run(Math.max(1, warmUpSeconds));
        b.played.clear();
        PairedRuns runs =
            PairedRuns.measure(
                pairCount,
                () -> last(driverA, serverA, "A", rate, seconds, progress),
                () -> b.run(seconds),
                progress);
        report = report(time, machine, bundle, capacity, rate, runs, b.played);
      }
    }
    results.publish(report, report.markdown());
    if (!report.valid()) {
      return INVALID;
    }
    return report.holds() ? 0 : DOES_NOT_HOLD;
  }

  private TurnLoad turns(ServerProcess server, Dialogues dialogues) {
    Duration reply = Duration.ofMillis(replyMillis);
    return new TurnLoad(
        new TurnLoad.Options(
            server.host(),
            server.port(),
            turnRate,
            Optional.of(reply),
            RECORDING,
            Duration.ofNanos((long) (1e6 * biasDeadlineMillis)),
            Arrivals.POISSON,
            load.seed()),
        random -> dialogues.next(random, reply).messages());
  }

  private static PhaseResult last(
      LoadDriver driver,
      ServerProcess server,
      String name,
      double rate,
      double seconds,
      ProgressLine progress)
      throws InterruptedException {
    List<PhaseResult> phases =
        driver.run(
            List.of(
                Phase.of("settle", rate, SETTLE),
                Phase.of(name, rate, Duration.ofNanos((long) (1e9 * seconds)))),
            server.meter(),
            progress);
    progress.done(phases.get(1));
    return phases.get(1);
  }

  /** Shortlists beside turns: as many begin as end, from the first shortlist to the last. */
  private final class WithTurns {
    private final double rate;
    private final LoadDriver driver;
    private final ServerProcess server;
    private final TurnLoad turns;
    private final ProgressLine progress;
    private final List<TurnLoad.Played> played = new ArrayList<>();

    WithTurns(
        double rate,
        LoadDriver driver,
        ServerProcess server,
        TurnLoad turns,
        ProgressLine progress) {
      this.rate = rate;
      this.driver = driver;
      this.server = server;
      this.turns = turns;
      this.progress = progress;
    }

    PhaseResult run(double forSeconds) throws InterruptedException {
      TurnLoad.Played playing =
          turns.start("turns", SETTLE.plusMillis(replyMillis).plusNanos((long) (1e9 * forSeconds)));
      TimeUnit.MILLISECONDS.sleep(replyMillis);
      PhaseResult shortlists = last(driver, server, "B", rate, forSeconds, progress);
      TurnLoad.Result unused = playing.await();
      played.add(playing);
      return shortlists;
    }
  }

  /** As of the shortlists' runs: what was measured while the driver was behind means nothing. */
  private static boolean isOnSchedule(TurnLoad.Played run) {
    TurnLoad.Result result = TurnLoad.result("run", List.of(run));
    return result.recorded().valid() && result.biases().valid();
  }

  private TurnsReport report(
      String time,
      Machine machine,
      Bundle bundle,
      @Nullable Double capacity,
      double rate,
      PairedRuns runs,
      List<TurnLoad.Played> played)
      throws BenchException {
    Map<String, Object> setup = load.describe(bundle);
    setup.put("turns_a_second", turnRate);
    setup.put("reply_ms", replyMillis);
    setup.put("bias_deadline_ms", biasDeadlineMillis);
    setup.put("entries", entries);
    setup.put("servers", ("earshot serve " + (serverArgs == null ? "" : serverArgs)).strip());
    // Of no valid pair nothing is told of shortlists; the turns are.
    List<PairedTest> tests = runs.ab().isEmpty() || runs.aa().isEmpty() ? List.of() : runs.tests();
    List<TurnLoad.Played> onSchedule = played.stream().filter(TurnsCommand::isOnSchedule).toList();
    TurnLoad.Result turns = TurnLoad.result("turns", onSchedule.isEmpty() ? played : onSchedule);
    return new TurnsReport(
        TurnsReport.KIND,
        results.name(),
        time,
        "bench " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
        machine,
        setup,
        capacity,
        rate,
        turns.recorded(),
        turns.biases(),
        played.size() - onSchedule.size(),
        tests,
        runs.discarded(),
        runs.complete() && turns.biases().valid(),
        runs.ab(),
        runs.aa());
  }
}
