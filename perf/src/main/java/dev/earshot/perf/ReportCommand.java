package dev.earshot.perf;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.ServerUse;
import dev.earshot.perf.report.Document;
import dev.earshot.perf.report.LineChart;
import dev.earshot.perf.report.LineChart.Axis;
import dev.earshot.perf.report.LineChart.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot bench report}: one report of the result files in a folder. */
@Command(
    name = "report",
    description =
        "Makes report.md, report.html (which needs nothing else) and plots/ from the result files in"
            + " a folder.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class ReportCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
  private static final Axis OFFERED = new Axis("offered, requests a second", false);
  private static final Axis LATENCY = new Axis("latency, ms", true);

  @Spec private CommandSpec spec;

  @Option(
      names = "--from",
      paramLabel = "DIR",
      description = "The folder with results. Default: perf/results/campaign.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path from;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write. Default: the same folder.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path out;

  @Override
  public Integer call() throws BenchException, IOException {
    Path folder =
        from == null
            ? Path.of(System.getProperty("earshot.home", "."), "perf", "results", "campaign")
            : from;
    Path target = out == null ? folder : out;
    Map<String, JsonNode> files = new TreeMap<>();
    try (Stream<Path> paths = Files.list(folder)) {
      for (Path path : paths.filter(path -> path.toString().endsWith(".json")).toList()) {
        files.put(fileName(path), JSON.readTree(path.toFile()));
      }
    }
    Document document = new Document();
    document.text("# Earshot, measured");
    document.text(
        "Made by `./earshot bench report` from the result files beside it; each part names the"
            + " command that measured it, and the machine. A run marked *invalid* says nothing:"
            + " there the driver was behind its own schedule.");
    List<LoadReport> loads = of(files, LoadReport.KIND, LoadReport.class);
    List<PeersReport> peers = of(files, PeersReport.KIND, PeersReport.class);
    List<PairedReport> pairs = of(files, PairedReport.KIND, PairedReport.class);
    if (loads.isEmpty() && peers.isEmpty() && pairs.isEmpty()) {
      throw new BenchException(
          folder + ": no results (expected: files of bench load, peers or paired)");
    }
    document.text(Goals.markdown(loads, peers, pairs));
    for (LoadReport load : loads) {
      load(document, load);
    }
    for (PeersReport report : peers) {
      peers(document, report);
    }
    for (PairedReport report : pairs) {
      document.text("## Paired: " + report.name());
      document.text(report.markdown());
    }
    for (String other : List.of("bias", "turns", "recall", "micro", "memory")) {
      Path text = folder.resolve(other + ".md");
      if (Files.isReadable(text)) {
        document.text("## " + other);
        document.text(Files.readString(text));
      }
    }
    document.write(target, "Earshot, measured");
    spec.commandLine().getOut().println(target.resolve("report.html"));
    spec.commandLine().getOut().flush();
    return 0;
  }

  private static String fileName(Path path) {
    Path name = path.getFileName();
    return name == null ? path.toString() : name.toString();
  }

  private static <T> List<T> of(Map<String, JsonNode> files, String kind, Class<T> type)
      throws IOException {
    List<T> found = new ArrayList<>();
    for (JsonNode file : files.values()) {
      if (kind.equals(file.path("kind").asText())) {
        found.add(JSON.treeToValue(file, type));
      }
    }
    return found;
  }

  private static void load(Document document, LoadReport load) {
    document.text("## Load: " + load.name());
    document.text(LoadText.markdown(load));
    LoadReport.Sweep sweep = load.sweep();
    if (sweep != null && !sweep.curve().isEmpty()) {
      List<PhaseResult> curve = valid(sweep.curve());
      LineChart latency =
          new LineChart(load.name() + ": latency against load", OFFERED, LATENCY)
              .line("p50", points(curve, result -> result.latencyUs().p50() / 1e3))
              .line("p99", points(curve, result -> result.latencyUs().p99() / 1e3))
              .line("p99.9", points(curve, result -> result.latencyUs().p999() / 1e3));
      if (load.floors() != null) {
        latency.dashed(
            "echo p99",
            points(valid(load.floors().echo()), result -> result.latencyUs().p99() / 1e3));
      }
      deadline(load).ifPresent(at -> latency.mark("deadline", at));
      document.chart(load.name() + "-latency", "Latency against load", latency);
      document.chart(
          load.name() + "-goodput",
          "Goodput against offered load",
          new LineChart(
                  load.name() + ": goodput against offered load",
                  OFFERED,
                  new Axis("answers within the deadline, a second", false))
              .line("good", points(curve, PhaseResult::goodput))
              .line("refused", points(curve, result -> result.refused() / result.seconds()))
              .line(
                  "late or failed", points(curve, r -> r.lateShare() * r.scheduled() / r.seconds()))
              .dashed("offered", points(curve, PhaseResult::offered)));
      PhaseResult half = nearest(curve, sweep.capacity() / 2);
      if (half != null) {
        document.chart(
            load.name() + "-percentiles",
            "Percentiles of latency",
            new LineChart(
                    load.name() + ": latency by percentile",
                    new Axis("one request in so many is slower", true),
                    LATENCY)
                .line("at half load", percentiles(half))
                .line("at capacity", percentiles(nearest(curve, sweep.capacity()))));
      }
    }
    LoadReport.Overload overload = load.overload();
    if (overload != null) {
      List<Point> memory = new ArrayList<>();
      double seconds = 0;
      for (PhaseResult phase : overload.phases()) {
        ServerUse use = phase.server();
        if (use != null) {
          memory.add(new Point(seconds, use.rssBefore() / 1e6));
          memory.add(new Point(seconds + phase.seconds(), use.rssAfter() / 1e6));
        }
        seconds += phase.seconds();
      }
      document.chart(
          load.name() + "-memory",
          "Memory during the bursts",
          new LineChart(
                  load.name() + ": resident memory during the bursts",
                  new Axis("seconds", false),
                  new Axis("MB", false))
              .line("resident", memory));
    }
  }

  private static void peers(Document document, PeersReport report) {
    document.text("## Peers: " + report.name());
    document.text(report.markdown());
    LineChart goodput =
        new LineChart(
            "goodput against offered load, one core",
            new Axis("offered, requests a second", true),
            new Axis("answers within the deadline, a second", true));
    LineChart latency =
        new LineChart(
            "p99 against offered load, one core",
            new Axis("offered, requests a second", true),
            LATENCY);
    for (PeersReport.Peer peer : report.peers()) {
      List<PhaseResult> trials =
          valid(peer.trials()).stream()
              .sorted(Comparator.comparingDouble(PhaseResult::offered))
              .toList();
      goodput.line(peer.name(), points(trials, PhaseResult::goodput));
      latency.line(peer.name(), points(trials, result -> result.latencyUs().p99() / 1e3));
    }
    document.chart(report.name() + "-goodput", "Goodput of each server", goodput);
    document.chart(report.name() + "-latency", "p99 of each server", latency);
  }

  private static List<PhaseResult> valid(List<PhaseResult> results) {
    return results.stream().filter(PhaseResult::valid).toList();
  }

  private static List<Point> points(List<PhaseResult> results, ToDoubleFunction<PhaseResult> y) {
    return results.stream()
        .map(result -> new Point(result.offered(), y.applyAsDouble(result)))
        .toList();
  }

  private static List<Point> percentiles(@Nullable PhaseResult result) {
    return result == null
        ? List.of()
        : List.of(
            new Point(2, result.latencyUs().p50() / 1e3),
            new Point(10, result.latencyUs().p90() / 1e3),
            new Point(100, result.latencyUs().p99() / 1e3),
            new Point(1_000, result.latencyUs().p999() / 1e3));
  }

  static @Nullable PhaseResult nearest(List<PhaseResult> curve, double rate) {
    return curve.stream()
        .min(Comparator.comparingDouble(result -> Math.abs(result.offered() - rate)))
        .orElse(null);
  }

  private static OptionalDouble deadline(LoadReport load) {
    return load.setup().get("deadline_ms") instanceof Number millis
        ? OptionalDouble.of(millis.doubleValue())
        : OptionalDouble.empty();
  }
}
