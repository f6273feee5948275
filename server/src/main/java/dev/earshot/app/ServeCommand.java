package dev.earshot.app;

import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.Search;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot serve}: runs the server until it is told to stop. */
@Command(
    name = "serve",
    description = {
      "Serves shortlists over gRPC until SIGTERM or SIGINT. SIGHUP reads the bundle again and swaps"
          + " it while serving.",
      "",
      "Every flag is also an environment variable (--metrics-port: EARSHOT_METRICS_PORT) and a key of"
          + " the properties file that EARSHOT_CONFIG names (metrics-port=9464).",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:stopped as told, open calls answered",
      "2:the command line is wrong",
      "65:the bundle or the keyset is missing, damaged or not the store's",
      "69:the execution provider is not available",
      "71:the address cannot be listened on",
      "74:the data directory cannot be used",
      "75:another process has the data directory"
    })
final class ServeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);
  private static final int DEFAULT_PORT = 50_051;

  @Spec private CommandSpec spec;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "Address to listen on. Beyond loopback it takes --insecure-plaintext.")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "" + DEFAULT_PORT,
      description = "Port of the gRPC services; 0: any free one.")
  private int port;

  @Option(
      names = "--metrics-port",
      defaultValue = "9464",
      description = "Port of /metrics, /healthz and /readyz; 0: any free one, -1: none.")
  private int metricsPort;

  @Option(
      names = "--insecure-plaintext",
      description =
          "Allows plaintext beyond loopback: whoever reaches the port can read and write.")
  private boolean insecurePlaintext;

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description = "The model bundle to serve. Default: the one that Earshot ships.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable Path bundle;

  @Option(
      names = "--bias-bundle",
      paramLabel = "DIR",
      description =
          "The models of biasing: pronunciations, context encoder, rescorer. Default: those that"
              + " Earshot ships.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable Path biasBundle;

  @Option(
      names = "--execution-provider",
      defaultValue = "auto",
      description =
          "Where graphs run: auto, cpu, cuda or tensorrt. auto takes CUDA where it loads, else the"
              + " CPU, and says so.")
  private ExecutionProvider executionProvider;

  @Option(
      names = "--search",
      defaultValue = "auto",
      description =
          "How the best skills are found: flat computes every skill's exact score; staged a coarse"
              + " one of all and the exact one of the best, which is faster with many skills and may"
              + " miss two in a hundred of the fifty best. auto takes staged from 16,384 skills on,"
              + " on the CPU.")
  private Search search;

  @Option(
      names = "--slo",
      paramLabel = "MS",
      defaultValue = "15",
      description =
          "Budget in milliseconds of a request that states no deadline. A batch is planned for a"
              + " quarter of it: a shorter SLO makes smaller batches, which answer sooner and carry"
              + " less load.")
  private int sloMillis;

  @Option(
      names = "--enforce-slo",
      description =
          "Also caps longer deadlines at the SLO: under overload callers with patience are refused"
              + " as soon as those without.")
  private boolean enforceSlo;

  @Option(
      names = "--workers",
      defaultValue = "0",
      description =
          "Inference workers, each with a thread and buffers of its own; 0: one for each core less"
              + " the event loops'. Fewer leave cores to others and carry less load; more than"
              + " cores make answers late.")
  private int workers;

  @Option(
      names = "--batch-max",
      defaultValue = "16",
      description =
          "Most requests of a micro-batch, up to 64. Larger ones raise throughput under load, the"
              + " time that a request may wait for the batch before it, and each worker's memory.")
  private int batchMax;

  @Option(
      names = "--max-run",
      paramLabel = "MS",
      defaultValue = "0",
      description =
          "What a batch may take before it is terminated and its requests run again without their"
              + " users; 0: a quarter of the SLO, but at least twice what the longest run took"
              + " while warming. Shorter frees a stalled worker sooner, and ends runs that were"
              + " merely slow.")
  private int maxRunMillis;

  @Option(
      names = "--linger",
      paramLabel = "US",
      defaultValue = "0",
      description =
          "Microseconds that a free worker waits for a batch to fill. On a GPU it trades latency at"
              + " low load for throughput; on a CPU it only costs.")
  private int lingerMicros;

  @Option(
      names = "--queue-max",
      defaultValue = "1024",
      description =
          "Most requests that wait for a worker; more are refused at once. Rarely reached: what"
              + " could not be answered in time is refused before.")
  private int queueMax;

  @Option(
      names = "--stream-inflight",
      defaultValue = "64",
      description = "Most unanswered messages of a stream; more are refused at once.")
  private int streamInflight;

  @Option(
      names = "--summary-cache",
      paramLabel = "MIB",
      defaultValue = "64",
      description =
          "Memory for users' resolved skills, some 3 KiB each. A miss reads the store and costs a"
              + " hop between threads; while a bundle is swapped, both bundles' are kept.")
  private int summaryCacheMebibytes;

  @Option(
      names = "--bias-workers",
      defaultValue = "1",
      description =
          "Threads that make biases and rescore, apart from the inference workers, and as many that"
              + " prepare turns in the time that nobody else wants. One makes some hundreds of turns"
              + " ready a second.")
  private int biasWorkers;

  @Option(
      names = "--bias-cache",
      paramLabel = "MIB",
      defaultValue = "32",
      description =
          "Memory for the last turns whose bias was made ahead, some 20 KiB each, outside the Java"
              + " heap (see EARSHOT_DIRECT). One that was dropped is read from the store again.")
  private int biasCacheMebibytes;

  @Option(
      names = "--list-cache",
      paramLabel = "MIB",
      defaultValue = "128",
      description =
          "Memory for users' lists as phrases, some 1 KiB a name with its forms. A miss reads the"
              + " store, takes some 10 µs a name, and makes work for the collector.")
  private int listCacheMebibytes;

  @Option(
      names = "--drain",
      paramLabel = "S",
      defaultValue = "10",
      description = "Seconds that open calls may take after SIGTERM.")
  private int drainSeconds;

  @Mixin private StoreFlags storeFlags;

  @Override
  public Integer call() throws StartupException, InterruptedException {
    ServerOptions options = options();
    PrintWriter out = spec.commandLine().getOut();
    EarshotServer server = EarshotServer.start(options);
    CountDownLatch stopped = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              out.println("Draining: open calls are answered, new ones refused.");
              server.close();
              out.println("Stopped.");
              out.flush();
              stopped.countDown();
              // The JVM would exit with the signal's number; all calls were answered, so it is 0.
              Runtime.getRuntime().halt(ExitCode.OK);
            },
            "earshot-drain");
    Runtime.getRuntime().addShutdownHook(hook);
    Hangup.handle(() -> reload(server));
    announce(out, options, server);
    stopped.await();
    return ExitCode.OK;
  }

  private static void reload(EarshotServer server) {
    // What becomes of it is logged where it is done.
    server
        .reload()
        .exceptionally(failure -> {
          log.warn("SIGHUP: the bundle was not loaded again: {}", failure.getMessage());
          return null;
        });
  }

  private ServerOptions options() {
    if (!insecurePlaintext && !isLoopback(host)) {
      throw new ParameterException(
          spec.commandLine(),
          "--host: "
              + host
              + " is not loopback, and calls are not encrypted (expected: loopback,"
              + " or --insecure-plaintext where the network is trusted)");
    }
    try {
      return new ServerOptions(
          host,
          port,
          metricsPort,
          bundle == null ? defaultBundle() : bundle,
          executionProvider,
          search,
          Duration.ofMillis(sloMillis),
          enforceSlo,
          workers == 0 ? ServerOptions.defaultWorkers() : workers,
          batchMax,
          queueMax,
          Duration.ofMillis(maxRunMillis),
          Duration.of(lingerMicros, ChronoUnit.MICROS),
          streamInflight,
          (long) summaryCacheMebibytes << 20,
          new ServerOptions.Bias(
              biasBundle == null ? ServerOptions.beside(defaultBundle()) : Optional.of(biasBundle),
              biasWorkers,
              (long) biasCacheMebibytes << 20,
              (long) listCacheMebibytes << 20),
          Duration.ofSeconds(drainSeconds),
          storeFlags.options());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }

  /** The bundle beside the launcher, which says where it stands. */
  static Path defaultBundle() {
    return Path.of(System.getProperty("earshot.home", "."), "models", "default");
  }

  private boolean isLoopback(String name) {
    try {
      return InetAddress.getByName(name).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new ParameterException(
          spec.commandLine(), "--host: " + name + " is unknown (expected: an address)", e);
    }
  }

  private static void announce(PrintWriter out, ServerOptions options, EarshotServer server) {
    OnnxShortlistModel model = server.model();
    String address = options.host() + ":" + server.port();
    out.printf(
        Locale.ROOT,
        "Earshot %s is serving %,d skills (bundle %s)%n",
        Version.number(),
        model.skills().size(),
        model.version());
    out.printf("  gRPC     %s%n", address);
    if (server.metricsPort() >= 0) {
      out.printf("  metrics  http://%s:%d/metrics%n", options.host(), server.metricsPort());
    }
    out.printf("  store    %s%n", server.storeDescription());
    out.printf(
        "  runtime  ONNX Runtime %s on %s (%s), %d worker%s, Java %s%n",
        model.runtime().version(),
        model.runtime().provider().label(),
        String.join(", ", model.variants().values().stream().distinct().sorted().toList()),
        options.workers(),
        options.workers() == 1 ? "" : "s",
        Runtime.version().feature());
    if (model.runtime().fallbackReason() != null) {
      out.printf("           not on cuda: %s%n", model.runtime().fallbackReason());
    }
    out.printf(
        "Try:  ./earshot shortlist \"will it rain tomorrow\"%s%n",
        server.port() == DEFAULT_PORT ? "" : " --server " + address);
    out.printf("      grpcurl -plaintext %s list%n", address);
    out.flush();
  }
}
