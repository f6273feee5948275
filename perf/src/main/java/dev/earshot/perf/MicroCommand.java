package dev.earshot.perf;

import static java.util.Objects.requireNonNull;

import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import dev.earshot.perf.MicroReport.Benchmark;
import dev.earshot.perf.micro.InProcessRatio;
import dev.earshot.perf.process.Cpus;
import dev.earshot.perf.process.Probe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code earshot bench micro}: runs the JMH benchmarks, each once a round in a JVM of its own; and
 * what is compared, in turn in one JVM.
 */
@Command(
    name = "micro",
    description =
        "Measures the parts of a shortlist, the whole of it in process, and the runtime below it"
            + " (JMH). Prints a table, or JSON.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class MicroCommand implements Callable<Integer> {
  private static final String KNOWN = "known";
  private static final List<String> WHOLE_AND_FLOOR =
      List.of("RuntimeFloorBenchmark", "ShortlistBenchmark");
  private static final String PACKAGE = "dev.earshot.perf.micro.";

  @Spec private CommandSpec spec;
  @Mixin private BundleOptions bundles;

  @Option(
      names = "--include",
      paramLabel = "REGEX",
      defaultValue = ".*",
      description = "Runs only benchmarks with such a name.")
  private String include;

  @Option(
      names = "--skills",
      split = ",",
      defaultValue = "6000,40000,100000",
      description = "Numbers of skills.")
  private List<Integer> skills;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "How often each benchmark runs, in turn with the others.")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "3",
      description = "How long a benchmark is measured in a round, after as long a warm-up.")
  private int seconds;

  @Mixin private ResultOptions results;

  @Override
  public Integer call() throws BenchException, BundleException, IOException, InterruptedException {
    requirePositive("--rounds", rounds);
    requirePositive("--seconds", seconds);
    List<Pass> passes = passes();
    Machine machine = Machine.describe();
    PrintWriter progress = spec.commandLine().getErr();
    for (int size : skills) {
      requirePositive("--skills", size);
      progress.printf("preparing the bundle of %d skills%n", size);
      progress.flush();
      Path unused =
          BundleResizer.cached(bundles.bundle(), bundles.cache(), size, BundleOptions.SEED);
    }
    Map<String, Benchmark> benchmarks = new LinkedHashMap<>();
    for (int round = 1; round <= rounds; round++) {
      for (Pass pass : passes) {
        progress.printf("round %d of %d: %s%n", round, rounds, pass);
        progress.flush();
        for (RunResult result : run(pass)) {
          Benchmark benchmark = Benchmark.named(result.getParams());
          benchmarks.computeIfAbsent(benchmark.key(), key -> benchmark).add(result);
        }
      }
    }
    MicroReport report =
        MicroReport.of(
            machine,
            Bundle.open(bundles.bundle()).version(),
            List.copyOf(benchmarks.values()),
            ratios(passes));
    results.publish(report, report.markdown());
    return 0;
  }

  /** Of the sizes and users of which both sides were asked for. */
  private List<MicroReport.Ratio> ratios(List<Pass> passes)
      throws BenchException, IOException, InterruptedException {
    List<MicroReport.Ratio> ratios = new ArrayList<>();
    for (Pass pass : passes) {
      if (!pass.benchmarks.equals(WHOLE_AND_FLOOR)) {
        continue;
      }
      int size = Integer.parseInt(requireNonNull(pass.parameters.get("skills")).get(0));
      String user = requireNonNull(pass.parameters.get("user")).get(0);
      spec.commandLine().getErr().printf("in turn: %s%n", pass);
      spec.commandLine().getErr().flush();
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "in-process",
                  "--bundle=" + bundles.bundle().toAbsolutePath(),
                  "--cache=" + bundles.cache().toAbsolutePath(),
                  "--skills=" + size,
                  "--seconds=" + rounds * seconds));
      if (user.equals(KNOWN)) {
        arguments.add("--known");
      }
      ratios.add(
          MicroReport.Ratio.of(
              size,
              user,
              Probe.run(
                  BenchMain.class.getName(), arguments, Cpus.ANY, InProcessRatio.Times.class)));
    }
    return ratios;
  }

  /** Benchmarks that run one right after the other. */
  private record Pass(List<String> benchmarks, Map<String, List<String>> parameters) {
    String regex() {
      return Pattern.quote(PACKAGE) + "(" + String.join("|", benchmarks) + ")\\..*";
    }

    @Override
    public String toString() {
      return String.join(", ", benchmarks) + (parameters.isEmpty() ? "" : " " + parameters);
    }
  }

  private List<Pass> passes() {
    Pattern wanted;
    try {
      wanted = Pattern.compile(include);
    } catch (PatternSyntaxException e) {
      throw new ParameterException(
          spec.commandLine(), "--include: " + include + " (expected: a regular expression)", e);
    }
    List<Pass> passes = new ArrayList<>();
    for (String part : List.of("TokenizeBenchmark", "EncodeBenchmark", "AttendBenchmark")) {
      passes.add(new Pass(List.of(part), Map.of()));
    }
    passes.add(new Pass(List.of("StoreBenchmark"), Map.of()));
    passes.add(new Pass(List.of("RescoreBenchmark"), Map.of()));
    passes.add(new Pass(List.of("ClassifyBenchmark"), Map.of("skills", sizes())));
    for (String size : sizes()) {
      for (String user : List.of(KNOWN, "unknown")) {
        passes.add(
            new Pass(WHOLE_AND_FLOOR, Map.of("skills", List.of(size), "user", List.of(user))));
      }
    }
    List<Pass> chosen =
        passes.stream()
            .map(pass ->
                new Pass(
                    pass.benchmarks.stream().filter(b -> wanted.matcher(b).find()).toList(),
                    pass.parameters))
            .filter(pass -> !pass.benchmarks.isEmpty())
            .toList();
    if (chosen.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--include: "
              + include
              + " (expected: to be found in one of "
              + passes.stream().flatMap(pass -> pass.benchmarks.stream()).distinct().toList()
              + ")");
    }
    return chosen;
  }

  private List<String> sizes() {
    return skills.stream().map(String::valueOf).toList();
  }

  private Iterable<RunResult> run(Pass pass) throws BenchException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(pass.regex())
            .forks(1)
            .warmupIterations(seconds)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(seconds)
            .measurementTime(TimeValue.seconds(1))
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .jvmArgsAppend(
                "-D" + Bundles.BUNDLE_PROPERTY + "=" + bundles.bundle().toAbsolutePath(),
                "-D" + Bundles.CACHE_PROPERTY + "=" + bundles.cache().toAbsolutePath());
    // By a jar that names the others: ONNX Runtime 1.29 reads the command line at its start and
    // does
    // not survive one of more than 4 KiB, which a class path in full would be.
    System.setProperty("jmh.separateClasspathJAR", "true");
    pass.parameters.forEach((name, values) -> options.param(name, values.toArray(String[]::new)));
    try {
      return new Runner(options.build()).run();
    } catch (RunnerException e) {
      throw new BenchException(pass + ": " + e.getMessage(), e);
    }
  }

  private void requirePositive(String option, int value) {
    if (value < 1) {
      throw new ParameterException(spec.commandLine(), option + ": " + value + " (expected: >= 1)");
    }
  }
}
