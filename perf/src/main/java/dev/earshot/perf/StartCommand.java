package dev.earshot.perf;

import dev.earshot.model.Bundle;
import dev.earshot.perf.process.Cpus;
import dev.earshot.perf.process.ServerProcess;
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
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench start}: does a server with many profiles start as fast as an empty one? */
@Command(
    name = "start",
    description = {
      "Starts servers on an empty RocksDB store and on one with many profiles, in turn, and compares"
          + " the times until they serve. The files are in the system's cache, as after a restart.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the full store's start takes at most 1.2 times the empty one's",
      "1:a server or the machine failed",
      "4:it takes longer"
    })
final class StartCommand implements Callable<Integer> {
  private static final int DOES_NOT_HOLD = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Spec private CommandSpec spec;

  @Option(names = "--profiles", defaultValue = "100000", description = "In the full store.")
  private int profiles;

  @Option(names = "--enabled", defaultValue = "60", description = "Enabled skills of each.")
  private int enabled;

  @Option(names = "--rounds", defaultValue = "5", description = "Pairs of starts.")
  private int rounds;

  @Option(
      names = "--killed",
      description =
          "Ends the servers by SIGKILL, so that each next start has a log to read. Default: as"
              + " SIGTERM ends them.")
  private boolean killed;

  @Mixin private BundleOptions bundles;

  @Option(
      names = "--server-cpus",
      paramLabel = "LIST",
      description = "CPUs of the servers. Default: all.",
      showDefaultValue = Visibility.NEVER)
  private String serverCpus = Cpus.ANY.list();

  @Mixin private ResultOptions results;

  @Override
  public Integer call() throws Exception {
    if (profiles < 1 || enabled < 1 || rounds < 1) {
      throw new ParameterException(
          spec.commandLine(), "--profiles, --enabled, --rounds (expected: each >= 1)");
    }
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Machine machine = Machine.describe();
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    try (WorkFolder folder = WorkFolder.create("start")) {
      StartReport report = measure(time, machine, folder.path(), progress);
      results.publish(report, report.markdown());
      return report.holds() ? 0 : DOES_NOT_HOLD;
    }
  }

  private StartReport measure(String time, Machine machine, Path folder, ProgressLine progress)
      throws Exception {
    Path bundle = bundles.bundle();
    Cpus cpus = cpus();
    ServerProcess.Spec emptyStore = server(bundle, folder.resolve("empty"));
    ServerProcess.Spec fullStore = server(bundle, folder.resolve("full"));
    double unused = start(emptyStore, cpus);
    progress.note(String.format(Locale.ROOT, "writing %,d profiles", profiles));
    try (ServerProcess process = ServerProcess.start(fullStore, cpus, PATIENCE)) {
      Population.register(
          process.host(),
          process.port(),
          profiles,
          enabled,
          LoadOptions.skillIds(Bundle.open(bundle)),
          BundleOptions.SEED);
      end(process);
    }
    List<Double> empty = new ArrayList<>();
    List<Double> full = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      // Whoever is first in a round is second in the next.
      if (round % 2 == 1) {
        empty.add(start(emptyStore, cpus));
        full.add(start(fullStore, cpus));
      } else {
        full.add(start(fullStore, cpus));
        empty.add(start(emptyStore, cpus));
      }
      progress.note(
          String.format(
              Locale.ROOT,
              "  %d/%d: %.0f ms with no profiles, %.0f ms with %,d",
              round,
              rounds,
              empty.get(round - 1),
              full.get(round - 1),
              profiles));
    }
    Map<String, Object> setup = new LinkedHashMap<>();
    setup.put("store", "rocksdb");
    setup.put("bundle", Bundle.open(bundle).version());
    setup.put("enabled_skills", enabled);
    setup.put("rounds", rounds);
    setup.put("ended_by", killed ? "SIGKILL" : "SIGTERM");
    setup.put("servers_on", cpus.pinning());
    return new StartReport(
        StartReport.KIND,
        results.name(),
        time,
        "bench " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
        machine,
        setup,
        profiles,
        empty,
        full);
  }

  private static ServerProcess.Spec server(Path bundle, Path data) {
    return EarshotProcess.spec(null, bundle, List.of("--store=rocksdb", "--data-dir=" + data));
  }

  /** Starts a server, and ends it; ms until it served. */
  private double start(ServerProcess.Spec server, Cpus cpus)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    try (ServerProcess process = ServerProcess.start(server, cpus, PATIENCE)) {
      double millis = Math.round((System.nanoTime() - begin) / 1e5) / 10.0;
      end(process);
      return millis;
    }
  }

  private void end(ServerProcess process) throws InterruptedException {
    if (killed) {
      process.crash();
    }
  }

  private Cpus cpus() {
    try {
      return new Cpus(serverCpus);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--server-cpus: " + serverCpus + " (expected: such as 0 or 2-3,5)",
          e);
    }
  }
}
