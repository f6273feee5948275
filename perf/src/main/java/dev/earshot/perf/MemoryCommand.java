package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import dev.earshot.perf.MemoryProbe.Added;
import dev.earshot.perf.MemoryProbe.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code earshot bench memory}: what loading a bundle adds to the process. Measured beside a small
 * bundle that the process has loaded before, as when a server changes to a new bundle: then the
 * JVM's classes and compiled code are there, and what is added is the bundle's. What the first
 * bundle of a fresh JVM adds, all of this included, is measured as well.
 */
@Command(
    name = "memory",
    description =
        "Measures what loading a bundle adds to the process, each time in a JVM of its own with the"
            + " flags of this one. Linux only.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class MemoryCommand implements Callable<Integer> {
  private static final double MB = 1e6;
  private static final double GOAL_MB = 50;

  /** Of the bundle that is loaded before. */
  private static final int FIRST_SKILLS = 1_000;

  @Spec private CommandSpec spec;
  @Mixin private BundleOptions bundles;

  @Option(
      names = "--skills",
      split = ",",
      defaultValue = "40000,100000",
      description = "Numbers of skills.")
  private List<Integer> skills;

  @Option(names = "--repeats", defaultValue = "3", description = "JVMs for each number of skills.")
  private int repeats;

  @Option(
      names = "--batch-max",
      defaultValue = "16",
      description = "The largest batch that is warmed, as the server's flag.")
  private int batchMax;

  @Mixin private ResultOptions results;

  /**
   * The result for one number of skills, in bytes.
   *
   * @param load what loading added: the median of each part over the repeats
   * @param worker what one worker's buffers added to that
   * @param medianTotal of {@code totals}
   * @param totals of loading, of each repeat
   * @param fresh the same where it was the first bundle of its JVM
   * @param freshMedianTotal of {@code freshTotals}
   */
  record Size(
      int skills,
      @JsonProperty("disk_bytes") long diskBytes,
      Added load,
      Added worker,
      @JsonProperty("median_total") long medianTotal,
      List<Long> totals,
      Added fresh,
      @JsonProperty("fresh_median_total") long freshMedianTotal,
      @JsonProperty("fresh_totals") List<Long> freshTotals) {
    private static Size of(Loaded bundle, long diskBytes) {
      List<Added> loads = bundle.beside.stream().map(Answer::load).toList();
      List<Added> fresh = bundle.fresh.stream().map(Answer::load).toList();
      List<Long> totals = loads.stream().map(Added::total).toList();
      List<Long> freshTotals = fresh.stream().map(Added::total).toList();
      return new Size(
          bundle.skills,
          diskBytes,
          medians(loads),
          medians(bundle.beside.stream().map(Answer::worker).toList()),
          median(totals),
          totals,
          medians(fresh),
          median(freshTotals),
          freshTotals);
    }
  }

  record Report(
      Machine machine, String bundle, @JsonProperty("batch_max") int batchMax, List<Size> sizes) {}

  /** A bundle and the answers of the JVMs that loaded it so far. */
  private record Loaded(int skills, Path directory, List<Answer> beside, List<Answer> fresh) {}

  @Override
  public Integer call() throws BenchException, BundleException, IOException, InterruptedException {
    if (repeats < 1 || skills.stream().anyMatch(size -> size < 1)) {
      throw new ParameterException(spec.commandLine(), "--repeats, --skills (expected: each >= 1)");
    }
    Machine machine = Machine.describe();
    PrintWriter progress = spec.commandLine().getErr();
    Path first = prepared(FIRST_SKILLS);
    List<Loaded> loaded = new ArrayList<>();
    for (int size : skills) {
      loaded.add(new Loaded(size, prepared(size), new ArrayList<>(), new ArrayList<>()));
    }
    for (int repeat = 1; repeat <= repeats; repeat++) {
      for (Loaded bundle : loaded) {
        progress.printf("loading %d skills, %d of %d%n", bundle.skills, repeat, repeats);
        progress.flush();
        bundle.beside.add(probe(bundle.directory, first));
        bundle.fresh.add(probe(bundle.directory, null));
      }
    }
    List<Size> sizes = new ArrayList<>();
    for (Loaded bundle : loaded) {
      sizes.add(Size.of(bundle, Bundle.open(bundle.directory).diskBytes()));
    }
    Report report = new Report(machine, Bundle.open(bundles.bundle()).version(), batchMax, sizes);
    results.publish(report, markdown(report));
    return 0;
  }

  private Path prepared(int size) throws BundleException, IOException {
    spec.commandLine().getErr().printf("preparing the bundle of %d skills%n", size);
    spec.commandLine().getErr().flush();
    return BundleResizer.cached(bundles.bundle(), bundles.cache(), size, BundleOptions.SEED);
  }

  private Answer probe(Path bundle, @Nullable Path beside)
      throws BenchException, IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-XX:+AlwaysPreTouch");
    command.addAll(
        List.of(
            BenchMain.class.getName(),
            "memory-probe",
            "--bundle=" + bundle,
            "--batch-max=" + batchMax));
    if (beside != null) {
      command.add("--beside=" + beside);
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    // Not on the command line: ONNX Runtime 1.29 reads it at its start and does not survive one of
    // more than 4 KiB.
    String unused = builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new BenchException("the JVM that loads " + bundle + " exited with " + status);
    }
    return new ObjectMapper().readValue(answer, Answer.class);
  }

  private static Added medians(List<Added> all) {
    return new Added(
        median(all, Added::heap),
        median(all, Added::anonymous),
        median(all, Added::bundleFiles),
        median(all, Added::otherFiles));
  }

  private static long median(List<Added> all, ToLongFunction<Added> part) {
    return median(all.stream().map(part::applyAsLong).toList());
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get((values.size() - 1) / 2);
  }

  private static String markdown(Report report) {
    StringBuilder text = new StringBuilder();
    text.append("Machine: ").append(report.machine.summary()).append('\n');
    text.append(
        String.format(
            Locale.ROOT,
            "%nBundle: %s, resized; batches of up to %d warmed. Medians in megabytes (10^6 bytes):"
                + " what loading added beside a loaded bundle of %,d skills, and, in the last two"
                + " columns, as the first bundle of a fresh JVM, with the JVM's classes and"
                + " compiled code.%n",
            report.bundle,
            report.batchMax,
            FIRST_SKILLS));
    text.append(
        "\n| skills | on disk | Java heap | native | mapped files | **total** | of each JVM | one"
            + " worker more | first of its JVM | of each JVM |\n");
    text.append("|---:|---:|---:|---:|---:|---:|---|---:|---:|---|\n");
    for (Size size : report.sizes) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %,d | %s | %s | %s | %s | **%s** | %s | %s | %s | %s |%n",
              size.skills,
              megabytes(size.diskBytes),
              megabytes(size.load.heap()),
              megabytes(size.load.anonymous()),
              megabytes(size.load.bundleFiles()),
              megabytes(size.medianTotal),
              megabytes(size.totals),
              megabytes(size.worker.total()),
              megabytes(size.freshMedianTotal),
              megabytes(size.freshTotals)));
    }
    for (Size size : report.sizes) {
      text.append(
          String.format(
              Locale.ROOT,
              "%nGoal at %,d skills: at most %.0f MB. %s.%n",
              size.skills,
              GOAL_MB,
              size.medianTotal / MB <= GOAL_MB ? "Met" : "Not met"));
    }
    return text.toString();
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / MB);
  }

  private static String megabytes(List<Long> all) {
    return String.join(" ", all.stream().map(MemoryCommand::megabytes).toList());
  }
}
