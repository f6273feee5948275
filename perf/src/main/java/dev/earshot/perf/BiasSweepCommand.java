package dev.earshot.perf;

import dev.earshot.perf.load.Arrivals;
import dev.earshot.perf.load.BiasTraffic;
import dev.earshot.perf.load.LoadDriver;
import dev.earshot.perf.load.Phase;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.Traffic;
import dev.earshot.perf.load.TurnLoad;
import dev.earshot.perf.process.Cpus;
import dev.earshot.perf.process.ServerProcess;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench bias}: what becomes of biasing's calls as their deadlines get shorter. */
@Command(
    name = "bias",
    description = {
      "Calls for biases and rescoring with one budget after the other, by a schedule that does not"
          + " wait for answers: GetBias as soon as a turn's events are acknowledged, GetBias of a"
          + " turn that was prepared, Rescore of an n-best in such a turn, and Rescore with phrases"
          + " of the request's own. Looks into every answer: one without a mark must be whole, a"
          + " context-free one the recogniser's own list, byte for byte.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every answer is what it says, and from twice the context-free p99 up 99%% are answered",
      "1:a server or the machine failed",
      "3:invalid: the driver was behind its schedule",
      "4:measured, and it is not so"
    })
final class BiasSweepCommand implements Callable<Integer> {
  private static final int INVALID = 3;
  private static final int DOES_NOT_HOLD = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration PREPARING = Duration.ofSeconds(30);

  /** Connects, and lets the server's estimates settle. */
  private static final Duration SETTLE = Duration.ofMillis(500);

  /** With time to spare. */
  private static final Duration AMPLE = Duration.ofSeconds(1);

  private static final Duration REPLY = Duration.ofMillis(1_500);

  /** What is prepared is used until the end. */
  private static final List<String> LASTING = List.of("--context-ttl=2h", "--context-max-age=2h");

  @Spec private CommandSpec spec;

  @Option(
      names = "--budgets",
      split = ",",
      paramLabel = "MS",
      defaultValue = "1,2,3,5,8,12,20,30,50,100",
      description = "Deadlines, beside twice the context-free p99.")
  private List<Double> budgets;

  @Option(names = "--rate", defaultValue = "50", description = "Calls a second.")
  private double rate;

  @Option(names = "--seconds", defaultValue = "10", description = "Of each budget and call.")
  private double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "25",
      description = "Seconds of calls with time to spare before anything counts.")
  private double warmUpSeconds;

  @Option(names = "--users", defaultValue = "100", description = "Users with lists.")
  private int users;

  @Option(names = "--entries", defaultValue = "100", description = "Of each user's lists, in all.")
  private int entries;

  @Option(names = "--turns", defaultValue = "200", description = "Turns that are prepared.")
  private int turnCount;

  @Option(names = "--hypotheses", defaultValue = "10", description = "Of each n-best.")
  private int hypotheses;

  @Option(names = "--seed", defaultValue = "1", description = "Of users, turns and arrivals.")
  private long seed;

  @Option(
      names = "--server-cpus",
      paramLabel = "LIST",
      description = "CPUs of the server. Default: the first, if there are several.",
      showDefaultValue = Visibility.NEVER)
  private String serverCpus = Cpus.forServer().list();

  @Option(
      names = "--driver-cpus",
      paramLabel = "LIST",
      description = "CPUs of the driver. Default: all others.",
      showDefaultValue = Visibility.NEVER)
  private String driverCpus = Cpus.forDriver().list();

  @Option(
      names = "--server-args",
      paramLabel = "ARGS",
      description = "Further flags of the server.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String serverArgs;

  @Mixin private BundleOptions bundles;

  @Mixin private ResultOptions results;

  @Override
  public Integer call() throws Exception {
    if (!(rate > 0) || !(seconds > 0) || turnCount < 1 || hypotheses < 2) {
      throw new ParameterException(
          spec.commandLine(),
          "--rate, --seconds, --turns, --hypotheses (expected: > 0, > 0, >= 1, >= 2)");
    }
    if (budgets.isEmpty() || budgets.stream().anyMatch(budget -> !(budget > 0))) {
      throw new ParameterException(spec.commandLine(), "--budgets (expected: each > 0)");
    }
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Machine machine = Machine.describe();
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    Cpus ofServer = cpus("--server-cpus", serverCpus);
    Cpus ofDriver = cpus("--driver-cpus", driverCpus);
    ofDriver.pinThisProcess();
    List<String> arguments = new ArrayList<>(LASTING);
    arguments.addAll(EarshotProcess.words(serverArgs));
    Map<String, Object> setup = new LinkedHashMap<>();
    setup.put("users", users);
    setup.put("entries", entries);
    setup.put("turns", turnCount);
    setup.put("hypotheses", hypotheses);
    setup.put("rate", rate);
    setup.put("seconds", seconds);
    setup.put("seed", seed);
    setup.put("server", "earshot serve " + String.join(" ", arguments));
    setup.put("server_on", ofServer.pinning());
    setup.put("driver_on", ofDriver.pinning());
    Dialogues dialogues =
        new Dialogues("bias-" + Instant.parse(time).getEpochSecond(), users, entries, seed);
    List<BiasSweepReport.Calls> calls;
    progress.note("starting a server");
    try (ServerProcess process =
        ServerProcess.start(
            EarshotProcess.withBiasing(bundles.bundle(), arguments), ofServer, PATIENCE)) {
      dialogues.register(process.host(), process.port());
      calls = new Sweep(process.host(), process.port(), dialogues, progress).measure();
    }
    BiasSweepReport report =
        new BiasSweepReport(
            BiasSweepReport.KIND,
            results.name(),
            time,
            "bench " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
            machine,
            setup,
            calls);
    results.publish(report, report.markdown());
    if (!report.isValid()) {
      return INVALID;
    }
    return report.holds() ? 0 : DOES_NOT_HOLD;
  }

  private Cpus cpus(String option, String list) {
    try {
      return new Cpus(list);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), option + ": " + list + " (expected: such as 0 or 2-3,5)", e);
    }
  }

  /** What is asked. */
  private record Asked(
      List<GetBiasRequest> biases,
      List<RescoreRequest> inTurns,
      List<RescoreResponse> inTurnsFull,
      List<RescoreRequest> explicit,
      List<RescoreResponse> explicitFull,
      List<RescoreRequest> contextFree) {}

  /** Calls of one kind with one budget for a while. */
  @FunctionalInterface
  private interface Run {
    PhaseResult with(String name, Duration budget, double forSeconds) throws InterruptedException;
  }

  /** All calls at all budgets, against one server. */
  private final class Sweep {
    private final String host;
    private final int port;
    private final Dialogues dialogues;
    private final ProgressLine progress;

    Sweep(String host, int port, Dialogues dialogues, ProgressLine progress) {
      this.host = host;
      this.port = port;
      this.dialogues = dialogues;
      this.progress = progress;
    }

    List<BiasSweepReport.Calls> measure() throws BenchException, InterruptedException {
      progress.note("preparing " + turnCount + " turns");
      Asked asked = prepare(new SplittableRandom(seed));
      Run biases = calling(BiasTraffic.biases(asked.biases));
      Run inTurns = calling(BiasTraffic.rescoring(asked.inTurns, asked.inTurnsFull));
      Run explicit = calling(BiasTraffic.rescoring(asked.explicit, asked.explicitFull));
      Run nothing = calling(BiasTraffic.contextFreeBiases());
      Run ownOrder = calling(BiasTraffic.rescoring(asked.contextFree, List.of()));
      if (warmUpSeconds > 0) {
        List<Run> all = List.of(this::justRecorded, biases, inTurns, explicit, nothing, ownOrder);
        for (Run run : all) {
          PhaseResult unused = run.with("warm-up", AMPLE, warmUpSeconds / all.size());
        }
      }
      PhaseResult freeBias = nothing.with("GetBias that names nothing", AMPLE, seconds);
      PhaseResult freeRescore = ownOrder.with("Rescore that names nothing", AMPLE, seconds);
      return List.of(
          sweep("GetBias right after its events", this::justRecorded, freeBias),
          sweep("GetBias of a prepared turn", biases, freeBias),
          sweep("Rescore in a prepared turn", inTurns, freeRescore),
          sweep("Rescore with the request's own phrases", explicit, freeRescore));
    }

    private BiasSweepReport.Calls sweep(String name, Run run, PhaseResult contextFree)
        throws InterruptedException {
      TreeSet<Double> all = new TreeSet<>(budgets);
      all.add(BiasSweepReport.thresholdMs(contextFree));
      List<BiasSweepReport.Point> points = new ArrayList<>();
      for (double budget : all) {
        points.add(
            new BiasSweepReport.Point(
                budget,
                run.with(
                    String.format(Locale.ROOT, "%s, %.1f ms", name, budget),
                    Duration.ofNanos((long) (1e6 * budget)),
                    seconds)));
      }
      return new BiasSweepReport.Calls(name, contextFree, points);
    }

    private Run calling(Traffic traffic) {
      return (name, budget, forSeconds) -> {
        LoadDriver.Options options =
            new LoadDriver.Options(host, port, 1, 2, budget, Arrivals.POISSON, seed);
        try (LoadDriver driver = new LoadDriver(options, traffic)) {
          List<PhaseResult> phases =
              driver.run(
                  List.of(
                      Phase.of("settle", rate, SETTLE),
                      Phase.of(name, rate, Duration.ofNanos((long) (1e9 * forSeconds)))),
                  null,
                  progress);
          progress.done(phases.get(1));
          return phases.get(1);
        }
      };
    }

    private PhaseResult justRecorded(String name, Duration budget, double forSeconds)
        throws InterruptedException {
      TurnLoad.Options options =
          new TurnLoad.Options(
              host, port, rate, Optional.empty(), AMPLE, budget, Arrivals.POISSON, seed);
      try (TurnLoad load =
          new TurnLoad(options, random -> dialogues.next(random, REPLY).messages())) {
        TurnLoad.Result unused = load.start("settle", SETTLE).await();
        PhaseResult result =
            load.start(name, Duration.ofNanos((long) (1e9 * forSeconds))).await().biases();
        progress.done(result);
        return result;
      }
    }

    private Asked prepare(RandomGenerator random) throws BenchException, InterruptedException {
      ManagedChannel channel = NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
      try {
        InteractionsGrpc.InteractionsBlockingStub interactions =
            InteractionsGrpc.newBlockingStub(channel);
        BiaserGrpc.BiaserBlockingStub biaser = BiaserGrpc.newBlockingStub(channel);
        List<GetBiasRequest> biases = new ArrayList<>();
        List<RescoreRequest> inTurns = new ArrayList<>();
        List<RescoreRequest> explicit = new ArrayList<>();
        List<RescoreRequest> contextFree = new ArrayList<>();
        for (int i = 0; i < turnCount; i++) {
          Dialogues.Recorded turn = dialogues.next(random, REPLY);
          var unused = timed(interactions).recordEvents(turn.events());
          GetBiasRequest bias = turn.bias();
          biases.add(bias);
          RescoreRequest list =
              RescoreRequest.newBuilder()
                  .setMode(RescoreMode.RESCORE_MODE_REPAIR)
                  .addAllHypotheses(Dialogues.heard(turn.named().get(0), hypotheses, random))
                  .build();
          contextFree.add(list);
          inTurns.add(
              list.toBuilder()
                  .setInteractionId(bias.getInteractionId())
                  .setUserId(bias.getUserId())
                  .build());
          RescoreRequest.Builder own = list.toBuilder();
          for (String entry : dialogues.entries(bias.getUserId())) {
            own.addPhrases(BiasPhrase.newBuilder().setText(entry));
          }
          explicit.add(own.build());
        }
        for (GetBiasRequest bias : biases) {
          awaitWhole(biaser, bias);
        }
        return new Asked(
            biases, inTurns, full(biaser, inTurns), explicit, full(biaser, explicit), contextFree);
      } catch (StatusRuntimeException e) {
        throw new BenchException("turns could not be prepared: " + e.getStatus(), e);
      } finally {
        channel.shutdownNow();
      }
    }

    private static void awaitWhole(BiaserGrpc.BiaserBlockingStub biaser, GetBiasRequest turn)
        throws BenchException {
      Bias bias = timed(biaser).getBias(turn);
      if (!bias.hasEmbedding() || bias.getPhrasesCount() == 0) {
        throw new BenchException(
            "a turn has no context vector or no phrases: "
                + bias.getDegradation().toString().replace('\n', ' '));
      }
    }

    private static List<RescoreResponse> full(
        BiaserGrpc.BiaserBlockingStub biaser, List<RescoreRequest> lists) {
      return lists.stream().map(timed(biaser)::rescore).toList();
    }

    private static <S extends io.grpc.stub.AbstractStub<S>> S timed(S stub) {
      return stub.withDeadlineAfter(PREPARING.toSeconds(), TimeUnit.SECONDS);
    }
  }
}
