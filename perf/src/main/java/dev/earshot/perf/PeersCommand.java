package dev.earshot.perf;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.earshot.model.Bundle;
import dev.earshot.perf.load.CapacitySearch;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.Traffic;
import dev.earshot.perf.load.Wire;
import dev.earshot.perf.micro.RuntimeFloor;
import dev.earshot.perf.micro.SampleUtterances;
import dev.earshot.perf.peers.PeerProtocol;
import dev.earshot.perf.peers.Question;
import dev.earshot.perf.peers.Questions;
import dev.earshot.perf.process.ServerProcess;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench peers}: other servers of the same graphs, on the same core, in turn. */
@Command(
    name = "peers",
    description = {
      "Finds what Earshot and other servers sustain, each serving the same ONNX graphs on the same"
          + " CPU, in turn, several rounds of it. Each is installed first where that was not done,"
          + " and left out with a message where it cannot be; each must give the graphs' own answers"
          + " before it counts.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class PeersCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int USERS = 16;
  private static final int CHECKED = 40;
  private static final String EARSHOT = "earshot";
  private static final String FLAT = PeersReport.FLAT;
  private static final String PLAIN = "plain";

  /** What a staged search must give of the graphs' own answers. */
  private static final double LEAST_RECALL = 0.99;

  private static final Map<String, String> DESCRIPTIONS =
      Map.of(
          EARSHOT,
          "as it comes: staged search; text and user id in",
          FLAT,
          "Earshot with --search flat: the very graphs that the others run; text and user id in",
          PLAIN,
          "grpc-java and ONNX Runtime, no batches; tokens in",
          "triton",
          "Triton, Python backend, dynamic batching; tokens in",
          "kserve",
          "KServe 0.21, custom model; tokens in",
          "mlserver",
          "MLServer 1.7.1, custom runtime, adaptive batching; tokens in",
          "bentoml",
          "BentoML 1.1.11 over gRPC, runner with adaptive batching; tokens in");

  @Spec private CommandSpec spec;

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "earshot,earshot-flat,plain,triton,kserve,mlserver,bentoml",
      description = "Servers to measure.")
  private List<String> only;

  @Option(names = "--rounds", defaultValue = "2", description = "How often each is measured.")
  private int rounds;

  @Option(names = "--seconds", defaultValue = "3", description = "Of each run.")
  private double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "5",
      description =
          "At least so many seconds of load before anything counts; it goes on until a JVM's compilers"
              + " have little left to do.")
  private double warmUpSeconds;

  @Option(
      names = "--beyond",
      split = ",",
      defaultValue = "1.3,2",
      description = "Loads beyond the capacity, as parts of it, to see what becomes of goodput.")
  private List<Double> beyond;

  @Mixin private LoadOptions load;

  @Mixin private ResultOptions results;

  @Override
  public Integer call() throws Exception {
    for (String peer : only) {
      if (!DESCRIPTIONS.containsKey(peer)) {
        throw new ParameterException(
            spec.commandLine(),
            "--only: " + peer + " (expected: of " + DESCRIPTIONS.keySet() + ")");
      }
    }
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Machine machine = Machine.describe();
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    Path directory = load.bundle();
    Bundle bundle = Bundle.open(directory);
    progress.note("making questions");
    List<Question> questions =
        Questions.make(directory, SampleUtterances.read(), USERS, load.seed());
    Map<String, Object> setup = load.describe(bundle);
    setup.put("users", USERS);
    setup.put("enabled_skills", "4 to 16");
    setup.keySet().removeAll(List.of("unknown_users", "skew", "calls"));
    Map<String, String> leftOut = new HashMap<>();
    for (String peer : only) {
      install(peer, leftOut, progress);
    }
    load.driverCpus().pinThisProcess();
    Map<String, List<CapacitySearch.Capacity>> found = new HashMap<>();
    Map<String, List<PhaseResult>> more = new HashMap<>();
    for (int round = 1; round <= rounds; round++) {
      for (String peer : only) {
        if (leftOut.containsKey(peer)) {
          continue;
        }
        progress.note(String.format(Locale.ROOT, "round %d of %d: %s", round, rounds, peer));
        try (ServerProcess server =
            ServerProcess.start(command(peer, directory), load.serverCpus(), PATIENCE)) {
          PeerProtocol protocol = protocol(peer, bundle);
          if (PeersReport.isEarshot(peer)) {
            Population.register(
                server.host(), server.port(), Questions.profiles(questions, bundle));
          }
          check(server, protocol, questions, peer.equals(EARSHOT) ? LEAST_RECALL : 1);
          try (LoadSession session =
              new LoadSession(
                  load.driver(server.host(), server.port(), traffic(protocol, questions)),
                  server.meter(),
                  progress)) {
            session.warmUp(isOfJava(peer) ? 500 : 100, warmUpSeconds);
            CapacitySearch.Capacity capacity = session.capacity(100, seconds);
            found.computeIfAbsent(peer, key -> new ArrayList<>()).add(capacity);
            for (double part : beyond) {
              if (capacity.rate() > 0) {
                more.computeIfAbsent(peer, key -> new ArrayList<>())
                    .add(
                        session.run(
                            String.format(Locale.ROOT, "%.0f%%", 100 * part),
                            part * capacity.rate(),
                            seconds));
              }
            }
          }
        } catch (IOException | BenchException e) {
          leftOut.put(peer, firstLine(e));
          progress.note(peer + " is left out: " + e.getMessage());
        }
      }
    }
    List<PeersReport.Peer> peers = new ArrayList<>();
    for (String peer : only) {
      peers.add(
          result(
              peer,
              leftOut.get(peer),
              found.getOrDefault(peer, List.of()),
              more.getOrDefault(peer, List.of())));
    }
    progress.note("the floors");
    double echo = echoCpuUs(progress);
    RuntimeFloor.Times runtime =
        LoadCommand.runtimeFloor(directory, load.serverCpus(), List.of(), Math.max(1, seconds));
    PeersReport report =
        new PeersReport(
            PeersReport.KIND,
            results.name(),
            time,
            "bench " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
            machine,
            setup,
            peers,
            Math.round(echo * 10) / 10.0,
            runtime,
            Math.round(1e6 / (echo + runtime.bestRowUs())));
    results.publish(report, report.markdown());
    return 0;
  }

  private static PeersReport.Peer result(
      String peer,
      @Nullable String leftOut,
      List<CapacitySearch.Capacity> capacities,
      List<PhaseResult> more) {
    List<PhaseResult> trials = new ArrayList<>();
    List<Double> peaks = new ArrayList<>();
    double beyond =
        more.stream().filter(PhaseResult::valid).mapToDouble(PhaseResult::goodput).max().orElse(0);
    for (CapacitySearch.Capacity capacity : capacities) {
      trials.addAll(capacity.trials());
      peaks.add(Math.max(capacity.peakGoodput(), beyond));
    }
    trials.addAll(more);
    return new PeersReport.Peer(
        peer,
        DESCRIPTIONS.getOrDefault(peer, ""),
        capacities.isEmpty() ? leftOut : null,
        capacities.stream().map(c -> Math.round(c.rate() * 10) / 10.0).toList(),
        peaks,
        trials);
  }

  private static PeerProtocol protocol(String peer, Bundle bundle) {
    return switch (peer) {
      case EARSHOT, FLAT -> new PeerProtocol.Earshot(bundle.skills());
      case "bentoml" -> new PeerProtocol.Bento();
      default -> new PeerProtocol.OpenInference();
    };
  }

  private static ServerProcess.Spec command(String peer, Path bundle) {
    return switch (peer) {
      case EARSHOT -> EarshotProcess.spec(null, bundle, List.of());
      case FLAT -> EarshotProcess.spec(null, bundle, List.of("--search=flat"));
      case PLAIN ->
          ServerProcess.java(
              PLAIN,
              BenchMain.class.getName(),
              List.of("plain-server", "--port={port}", "--bundle=" + bundle.toAbsolutePath()),
              false);
      default ->
          new ServerProcess.Spec(
              peer,
              List.of(script(peer, "start"), "{port}", bundle.toAbsolutePath().toString()),
              Map.of(),
              false);
    };
  }

  private static String script(String peer, String script) {
    return Path.of(System.getProperty("earshot.home", "."), "perf", "peers", peer, script)
        .toAbsolutePath()
        .toString();
  }

  private static void install(String peer, Map<String, String> leftOut, ProgressLine progress)
      throws IOException, InterruptedException {
    if (PeersReport.isEarshot(peer) || peer.equals(PLAIN)) {
      return;
    }
    progress.note("installing " + peer + " where it is not yet");
    Process process = new ProcessBuilder(script(peer, "install")).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      String last = output.strip().lines().reduce("", (before, line) -> line);
      leftOut.put(peer, "does not install: " + last);
      progress.note(peer + " is left out: does not install:\n" + output.strip());
    }
  }

  /**
   * Waits until the server answers, then asks it some questions whose answers are known.
   *
   * @param leastRecall the part of the known answers that it must give; 1: all, in their order
   */
  private static void check(
      ServerProcess server, PeerProtocol protocol, List<Question> questions, double leastRecall)
      throws BenchException, InterruptedException {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(server.host(), server.port()).usePlaintext().build();
    try {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (true) {
        try {
          List<Long> unused = ask(channel, protocol, questions.get(0));
          break;
        } catch (StatusRuntimeException e) {
          if (System.nanoTime() > end) {
            throw new BenchException("does not answer: " + e.getStatus(), e);
          }
          TimeUnit.MILLISECONDS.sleep(200);
        }
      }
      int step = Math.max(1, questions.size() / CHECKED);
      int asked = 0;
      int given = 0;
      for (int i = 0; i < questions.size(); i += step) {
        List<Long> best = ask(channel, protocol, questions.get(i));
        List<Long> expected = questions.get(i).best();
        if (leastRecall == 1 && !best.equals(expected)) {
          throw new BenchException(
              "question " + i + ": answers " + best + " (expected: " + expected + ")");
        }
        asked += expected.size();
        given += (int) expected.stream().filter(best::contains).count();
      }
      if (given < leastRecall * asked) {
        throw new BenchException(
            "gives "
                + given
                + " of the "
                + asked
                + " best (expected: "
                + leastRecall
                + " of them)");
      }
    } catch (InvalidProtocolBufferException e) {
      throw new BenchException("answers what cannot be read: " + e.getMessage(), e);
    } finally {
      channel.shutdownNow();
    }
  }

  private static List<Long> ask(ManagedChannel channel, PeerProtocol protocol, Question question)
      throws InvalidProtocolBufferException {
    return protocol.best(
        ClientCalls.blockingUnaryCall(
            channel,
            Wire.method(protocol.method(), MethodType.UNARY),
            CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.SECONDS),
            protocol.request(question)));
  }

  private static Traffic traffic(PeerProtocol protocol, List<Question> questions) {
    List<byte[]> requests = questions.stream().map(protocol::request).toList();
    return Traffic.unary(
        protocol.method(),
        random -> requests.get(random.nextInt(requests.size())),
        Traffic.Reader.NOTHING);
  }

  /** Processor time of an echo at a rate that keeps it busy. */
  private double echoCpuUs(ProgressLine progress) throws IOException, InterruptedException {
    try (ServerProcess process =
        ServerProcess.start(
            ServerProcess.java(
                "echo",
                BenchMain.class.getName(),
                List.of("echo-server", "--port={port}", "--response-bytes=400"),
                true),
            load.serverCpus(),
            PATIENCE)) {
      Traffic traffic =
          Traffic.unary(EchoServer.METHOD, load.unaryTraffic().requests(), Traffic.Reader.NOTHING);
      try (LoadSession session =
          new LoadSession(
              load.driver(process.host(), process.port(), traffic), process.meter(), progress)) {
        session.warmUp(3_000, warmUpSeconds);
        return LoadSession.answerCpuUs(session.run("echo", 3_000, seconds));
      }
    }
  }

  /** Whose compilers want some thousands of requests before they are done. */
  private static boolean isOfJava(String peer) {
    return PeersReport.isEarshot(peer) || peer.equals(PLAIN);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
