package dev.earshot.perf;

import dev.earshot.app.StoreOptions;
import dev.earshot.model.Bundle;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.ServerUse;
import dev.earshot.perf.load.Traffic;
import dev.earshot.perf.micro.RuntimeFloor;
import dev.earshot.perf.micro.Stalls;
import dev.earshot.perf.process.Cpus;
import dev.earshot.perf.process.Probe;
import dev.earshot.perf.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench load}: a server under an open-loop load. */
@Command(
    name = "load",
    description = {
      "Loads a server over real connections, by a schedule that does not wait for answers. Latency"
          + " counts from when a request was due. A run in which the driver itself was behind its"
          + " schedule by 1 ms or more at p99 is marked invalid.",
      "",
      "Starts a server of its own unless --server names one.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:measured", "1:a server or the machine failed", "3:measured, but invalid"})
final class LoadCommand implements Callable<Integer> {
  private static final int INVALID = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final double FIRST_RATE = 200;

  private static final double STALLS_SECONDS = 5;

  /** At least so many a second warm a server up, or compiling is not done when counting begins. */
  private static final double WARM_UP_RATE = 600;

  @Spec private CommandSpec spec;

  @Option(
      names = "--rate",
      split = ",",
      paramLabel = "N",
      description = "Requests a second; several rates are run one after the other.",
      showDefaultValue = Visibility.NEVER)
  private List<Double> rates = List.of();

  @Option(
      names = "--method",
      defaultValue = "shortlist",
      description =
          "What is called: shortlist, or record-events (one event with one text in each call).")
  private Method method;

  @Option(
      names = "--store",
      paramLabel = "KIND",
      defaultValue = "memory",
      description =
          "Where the server that is started keeps things: memory, or rocksdb in a folder of its"
              + " own, gone with it.")
  private StoreOptions.Kind store;

  @Option(
      names = "--sweep",
      description =
          "Finds the capacity (99%% within the deadline), then runs the loads of --loads.")
  private boolean sweep;

  @Option(
      names = "--loads",
      split = ",",
      defaultValue = "0.1,0.25,0.5,0.75,0.9,1,1.25,1.5,2",
      description = "Of a sweep, as parts of the capacity.")
  private List<Double> loads;

  @Option(
      names = "--overload",
      description = "Bursts of --factors times the capacity, with half of it before and after.")
  private boolean overload;

  @Option(
      names = "--factors",
      split = ",",
      defaultValue = "2,5",
      description = "Of the bursts, in times the capacity.")
  private List<Double> factors;

  @Option(names = "--burst", defaultValue = "60", description = "Seconds of each burst.")
  private double burstSeconds;

  @Option(
      names = "--capacity",
      paramLabel = "N",
      description = "Of --overload, where it is known. Default: found first.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Double knownCapacity;

  @Option(
      names = "--floors",
      description = "Also measures an echo at the same rates, and ONNX Runtime alone.")
  private boolean floors;

  @Option(names = "--seconds", defaultValue = "5", description = "Of each run.")
  private double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "25",
      description =
          "At least so many seconds of load before anything counts; it goes on until the JVM's"
              + " compilers have little left to do.")
  private double warmUpSeconds;

  @Mixin private LoadOptions load;

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      description = "A running server, of a bundle of the same skills. Its users are added.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String server;

  @Option(
      names = "--server-args",
      paramLabel = "ARGS",
      description = "Further flags of the server that is started.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String serverArgs;

  @Option(
      names = "--server-home",
      paramLabel = "DIR",
      description = "A folder with another build's launcher, to start that build.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path serverHome;

  @Mixin private ResultOptions results;

  /** What may be called. */
  enum Method {
    SHORTLIST("shortlist", "Shortlist"),
    RECORD_EVENTS("record-events", "RecordEvents");

    private final String label;
    private final String call;

    Method(String label, String call) {
      this.label = label;
      this.call = call;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  @Override
  public Integer call() throws Exception {
    requireSomething();
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Machine machine = Machine.describe();
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    Path directory = load.bundle();
    Bundle bundle = Bundle.open(directory);
    load.driverCpus().pinThisProcess();
    Map<String, Object> setup = load.describe(bundle);
    if (method != Method.SHORTLIST) {
      setup.put("calls", method.call);
    }
    // Read once: of the floors the requests are as long as they were, and their ids too.
    Traffic traffic = traffic(time);
    List<Stalls.Times> stalls = new ArrayList<>();
    if (floors) {
      progress.note("how still the machine is");
      stalls.add(stalls(load.serverCpus()));
    }
    LoadReport report;
    if (server != null) {
      setup.put("server", "running at " + server);
      int colon = server.lastIndexOf(':');
      report =
          measure(
              server.substring(0, colon),
              Integer.parseInt(server.substring(colon + 1)),
              null,
              bundle,
              traffic,
              progress,
              new Header(time, machine, setup));
    } else {
      List<String> arguments = new ArrayList<>();
      if (store != StoreOptions.Kind.MEMORY) {
        // In memory is how measured servers are started, those of before there was a choice too.
        arguments.add("--store=" + store.name().toLowerCase(Locale.ROOT));
      }
      arguments.addAll(EarshotProcess.words(serverArgs));
      setup.put("server", String.join(" ", "earshot serve", String.join(" ", arguments)).strip());
      progress.note("starting a server of " + bundle.skills().size() + " skills");
      try (ServerProcess process =
          ServerProcess.start(
              EarshotProcess.spec(serverHome, directory, arguments), load.serverCpus(), PATIENCE)) {
        report =
            measure(
                process.host(),
                process.port(),
                process.meter(),
                bundle,
                traffic,
                progress,
                new Header(time, machine, setup));
      }
    }
    if (floors) {
      report = withFloors(report, directory, traffic, progress, stalls);
    }
    results.publish(report, LoadText.markdown(report));
    return report.isValid() ? 0 : INVALID;
  }

  private Traffic traffic(String time) {
    return switch (method) {
      case SHORTLIST -> load.traffic();
      case RECORD_EVENTS ->
          load.recordEventsTraffic("bench-" + Instant.parse(time).getEpochSecond());
    };
  }

  private record Header(String time, Machine machine, Map<String, Object> setup) {}

  private LoadReport measure(
      String host,
      int port,
      ServerUse.@Nullable Meter meter,
      Bundle bundle,
      Traffic traffic,
      ProgressLine progress,
      Header header)
      throws BenchException, InterruptedException {
    progress.note("writing " + load.users() + " users");
    Population.register(
        host, port, load.users(), load.enabled(), LoadOptions.skillIds(bundle), load.seed());
    List<PhaseResult> runs = new ArrayList<>();
    LoadReport.Sweep curve = null;
    LoadReport.Overload bursts = null;
    try (LoadSession session = new LoadSession(load.driver(host, port, traffic), meter, progress)) {
      session.warmUp(
          rates.isEmpty() ? WARM_UP_RATE : Math.max(WARM_UP_RATE, rates.get(0)), warmUpSeconds);
      for (double rate : rates) {
        runs.add(session.runValid(rateName(rate), rate, seconds));
      }
      if (sweep || (overload && knownCapacity == null)) {
        curve =
            session.sweep(
                FIRST_RATE,
                sweep ? loads : List.of(1.0),
                seconds,
                Math.min(warmUpSeconds, seconds));
      }
      if (overload) {
        double capacity = knownCapacity != null || curve == null ? known() : curve.capacity();
        if (!(capacity > 0)) {
          throw new BenchException(
              "no rate was sustained within the deadline, so that there is none to exceed (fewer"
                  + " --skills, or a longer --deadline?)");
        }
        bursts = session.overload(capacity, factors, burstSeconds);
      }
    }
    return new LoadReport(
        LoadReport.KIND,
        results.name(),
        header.time,
        "bench " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
        header.machine,
        header.setup,
        runs,
        curve,
        bursts,
        null);
  }

  private static String rateName(double rate) {
    return String.format(Locale.ROOT, "%.0f/s", rate);
  }

  private double known() {
    return knownCapacity == null ? 0 : knownCapacity;
  }

  private LoadReport withFloors(
      LoadReport report,
      Path bundle,
      Traffic traffic,
      ProgressLine progress,
      List<Stalls.Times> stalls)
      throws IOException, InterruptedException, BenchException {
    List<Double> atRates = new ArrayList<>(rates);
    long bytes = report.runs().isEmpty() ? 0 : report.runs().get(0).responseBytes();
    if (report.sweep() != null && !report.sweep().curve().isEmpty()) {
      loads.stream()
          .filter(part -> part <= 1)
          .forEach(part -> atRates.add(part * report.sweep().capacity()));
      bytes = report.sweep().curve().get(0).responseBytes();
    }
    stalls.add(stalls(load.serverCpus()));
    progress.note("the floor: an echo of " + bytes + " bytes");
    List<PhaseResult> echo = new ArrayList<>();
    try (ServerProcess process =
        ServerProcess.start(
            ServerProcess.java(
                "echo",
                BenchMain.class.getName(),
                List.of("echo-server", "--port={port}", "--response-bytes=" + bytes),
                true),
            load.serverCpus(),
            PATIENCE)) {
      Traffic echoed = Traffic.unary(EchoServer.METHOD, traffic.requests(), Traffic.Reader.NOTHING);
      try (LoadSession session =
          new LoadSession(
              load.driver(process.host(), process.port(), echoed), process.meter(), progress)) {
        session.warmUp(1_000, warmUpSeconds);
        for (double rate : atRates) {
          echo.add(session.runValid("echo " + rateName(rate), rate, seconds));
        }
      }
    }
    RuntimeFloor.Times runtime = null;
    if (method == Method.SHORTLIST) {
      progress.note("the floor: ONNX Runtime alone");
      runtime = runtimeFloor(bundle, load.serverCpus(), atRates, seconds);
    }
    return new LoadReport(
        report.kind(),
        report.name(),
        report.time(),
        report.command(),
        report.machine(),
        report.setup(),
        report.runs(),
        report.sweep(),
        report.overload(),
        new LoadReport.Floors(echo, runtime, stalls));
  }

  private static Stalls.Times stalls(Cpus cpus)
      throws IOException, InterruptedException, BenchException {
    return Probe.run(
        BenchMain.class.getName(),
        List.of("stalls", "--seconds=" + STALLS_SECONDS),
        cpus,
        Stalls.Times.class);
  }

  /**
   * ONNX Runtime's own times, measured on the server's CPUs.
   *
   * @param rates of requests that come at random times
   */
  static RuntimeFloor.Times runtimeFloor(Path bundle, Cpus cpus, List<Double> rates, double seconds)
      throws IOException, InterruptedException, BenchException {
    List<String> arguments = new ArrayList<>();
    arguments.add("runtime-floor");
    arguments.add("--bundle=" + bundle.toAbsolutePath());
    arguments.add("--seconds=" + seconds);
    rates.forEach(rate -> arguments.add("--rate=" + rate));
    return Probe.run(BenchMain.class.getName(), arguments, cpus, RuntimeFloor.Times.class);
  }

  private void requireSomething() {
    if (rates.isEmpty() && !sweep && !overload) {
      throw new ParameterException(
          spec.commandLine(), "nothing to do (expected: --rate, --sweep or --overload)");
    }
    if (rates.stream().anyMatch(rate -> !(rate > 0)) || !(seconds > 0) || !(burstSeconds > 0)) {
      throw new ParameterException(
          spec.commandLine(), "--rate, --seconds, --burst (expected: each > 0)");
    }
    if (server != null && !server.matches(".+:[0-9]{1,5}")) {
      throw new ParameterException(
          spec.commandLine(), "--server: " + server + " (expected: HOST:PORT)");
    }
  }
}
