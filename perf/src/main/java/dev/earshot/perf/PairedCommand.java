package dev.earshot.perf;

import dev.earshot.model.Bundle;
import dev.earshot.perf.load.LoadDriver;
import dev.earshot.perf.load.Phase;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench paired}: is B as good as A? */
@Command(
    name = "paired",
    description = {
      "Compares two servers, A and B, by runs that take turns: pairs A/B, and as many A/A, which tell"
          + " what two runs of the same thing differ by on this machine. B holds where its median"
          + " ratio is at most the 95th percentile of A/A, times 1.1. Pairs in which the driver was"
          + " behind its schedule are run again.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:B holds",
      "1:a server or the machine failed",
      "3:invalid: the driver was behind its schedule in too many runs",
      "4:B does not hold"
    })
final class PairedCommand implements Callable<Integer> {
  private static final int INVALID = 3;
  private static final int DOES_NOT_HOLD = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Before each run, so that caches hold the server's own data again. */
  private static final Duration SETTLE = Duration.ofMillis(500);

  private static final Duration SWAP_PERIOD = Duration.ofSeconds(1);

  @Spec private CommandSpec spec;

  @Option(names = "--rate", required = true, paramLabel = "N", description = "Requests a second.")
  private double rate;

  @Option(names = "--pairs", defaultValue = "10", description = "Pairs A/B, and pairs A/A.")
  private int pairCount;

  @Option(names = "--seconds", defaultValue = "3", description = "Of each run.")
  private double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "25",
      description =
          "At least so many seconds of load for each server before anything counts; it goes on until"
              + " the JVM's compilers have little left to do.")
  private double warmUpSeconds;

  @Option(
      names = "--a-args",
      paramLabel = "ARGS",
      description = "Flags of server A.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String argsA;

  @Option(
      names = "--b-args",
      paramLabel = "ARGS",
      description = "Flags of server B.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String argsB;

  @Option(
      names = "--a-home",
      paramLabel = "DIR",
      description = "A folder with another build's launcher, for A.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path homeA;

  @Option(
      names = "--b-home",
      paramLabel = "DIR",
      description = "A folder with another build's launcher, for B.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path homeB;

  @Option(
      names = "--b-fault",
      defaultValue = "none",
      description =
          "What happens to B while it is loaded: none; store-hung or store-failing (reads of"
              + " profiles; mind --unknown-users, which are not in the server's cache); swap (its"
              + " bundle is loaded anew, a second after the last time began or as soon as that is"
              + " done).")
  private Fault fault;

  @Mixin private LoadOptions load;

  @Mixin private ResultOptions results;

  /** What may happen to a server. */
  enum Fault {
    NONE("none"),
    STORE_HUNG("store-hung"),
    STORE_FAILING("store-failing"),
    SWAP("swap");

    private final String label;

    Fault(String label) {
      this.label = label;
    }

    boolean isStore() {
      return this == STORE_HUNG || this == STORE_FAILING;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  @Override
  public Integer call() throws Exception {
    if (pairCount < 1 || !(rate > 0) || !(seconds > 0)) {
      throw new ParameterException(
          spec.commandLine(), "--pairs, --rate, --seconds (expected: each > 0)");
    }
    if (fault.isStore() && (argsA != null || argsB != null || homeA != null || homeB != null)) {
      throw new ParameterException(
          spec.commandLine(), "--b-fault: " + fault + " (expected: without flags or other builds)");
    }
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Machine machine = Machine.describe();
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    Path directory = load.bundle();
    Bundle bundle = Bundle.open(directory);
    load.driverCpus().pinThisProcess();
    PairedReport report;
    progress.note("starting A and B");
    try (ServerProcess serverA = start(homeA, argsA, directory);
        ServerProcess serverB = start(homeB, argsB, directory)) {
      for (ServerProcess server : List.of(serverA, serverB)) {
        Population.register(
            server.host(),
            server.port(),
            load.users(),
            load.enabled(),
            LoadOptions.skillIds(bundle),
            load.seed());
      }
      try (LoadDriver driverA = load.driver(serverA.host(), serverA.port(), load.traffic());
          LoadDriver driverB = load.driver(serverB.host(), serverB.port(), load.traffic())) {
        Side a = new Side("A", serverA, driverA, Fault.NONE, progress);
        Side b = new Side("B", serverB, driverB, fault, progress);
        for (Side side : List.of(a, b)) {
          WarmUp warmUp = new WarmUp(warmUpSeconds, progress);
          while (warmUp.goesOn()) {
            warmUp.ran(side.run(warmUp.rateShare() * rate, warmUp.seconds()));
          }
        }
        int swapsBefore = b.swaps;
        PairedRuns pairs =
            PairedRuns.measure(
                pairCount, () -> a.run(rate, seconds), () -> b.run(rate, seconds), progress);
        report =
            report(
                time, machine, bundle, pairs, fault == Fault.SWAP ? b.swaps - swapsBefore : null);
      }
    }
    results.publish(report, report.markdown());
    if (!report.valid()) {
      return INVALID;
    }
    return report.tests().stream().allMatch(PairedTest::holds) ? 0 : DOES_NOT_HOLD;
  }

  private ServerProcess start(@Nullable Path home, @Nullable String args, Path bundle)
      throws IOException, InterruptedException {
    ServerProcess.Spec server =
        fault.isStore()
            ? ServerProcess.java(
                "earshot",
                BenchMain.class.getName(),
                List.of(
                    "faulty-server",
                    "--port-file={port-file}",
                    "--bundle=" + bundle.toAbsolutePath()),
                true)
            : EarshotProcess.spec(home, bundle, EarshotProcess.words(args));
    return ServerProcess.start(server, load.serverCpus(), PATIENCE);
  }

  /** A server with its driver. */
  private static final class Side {
    private final String label;
    private final ServerProcess server;
    private final LoadDriver driver;
    private final Fault fault;
    private final ProgressLine progress;

    /** Of its bundle, so far. */
    private int swaps;

    Side(
        String label, ServerProcess server, LoadDriver driver, Fault fault, ProgressLine progress) {
      this.label = label;
      this.server = server;
      this.driver = driver;
      this.fault = fault;
      this.progress = progress;
    }

    PhaseResult run(double atRate, double seconds)
        throws BenchException, InterruptedException, IOException {
      List<Phase> phases =
          List.of(
              Phase.of("settle", atRate, SETTLE),
              Phase.of(label, atRate, Duration.ofNanos((long) (seconds * 1e9))));
      PhaseResult result =
          switch (fault) {
            case NONE -> last(phases);
            case STORE_HUNG -> whileStoreIs("hung", phases);
            case STORE_FAILING -> whileStoreIs("failing", phases);
            case SWAP -> {
              try (BundleSwaps swapping =
                  BundleSwaps.begin(server.host(), server.port(), SWAP_PERIOD)) {
                PhaseResult swapped = last(phases);
                // The next run, of A perhaps, is not to share the CPU with what is left of this.
                swaps += swapping.finish();
                yield swapped;
              }
            }
          };
      progress.done(result);
      return result;
    }

    private PhaseResult whileStoreIs(String state, List<Phase> phases)
        throws InterruptedException, IOException {
      server.tell(state);
      try {
        return last(phases);
      } finally {
        server.tell("healthy");
      }
    }

    private PhaseResult last(List<Phase> phases) throws InterruptedException {
      List<PhaseResult> results = driver.run(phases, server.meter(), progress);
      return results.get(results.size() - 1);
    }
  }

  private PairedReport report(
      String time, Machine machine, Bundle bundle, PairedRuns pairs, @Nullable Integer swaps)
      throws BenchException {
    List<PairedTest> tests = pairs.tests();
    Map<String, Object> setup = load.describe(bundle);
    return new PairedReport(
        PairedReport.KIND,
        results.name(),
        time,
        "bench " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
        machine,
        setup,
        describe(homeA, argsA, Fault.NONE),
        describe(homeB, argsB, fault),
        rate,
        tests,
        mean(pairs.ab(), pair -> pair.a().lateShare()),
        mean(pairs.ab(), pair -> pair.b().lateShare()),
        pairs.ab().stream()
            .mapToLong(pair -> pair.b().failed().values().stream().mapToLong(Long::longValue).sum())
            .sum(),
        mean(pairs.ab(), pair -> (double) pair.b().degraded() / pair.b().scheduled()),
        swaps,
        pairs.discarded(),
        pairs.complete(),
        pairs.ab(),
        pairs.aa());
  }

  private static double mean(
      List<PairedReport.Pair> pairs, ToDoubleFunction<PairedReport.Pair> figure) {
    return pairs.stream().mapToDouble(figure).average().orElse(0);
  }

  private static String describe(@Nullable Path home, @Nullable String args, Fault fault) {
    return "earshot serve"
        + (args == null ? "" : " " + args.strip())
        + (home == null ? "" : ", of another build")
        + (fault == Fault.NONE ? "" : ", " + fault);
  }
}
