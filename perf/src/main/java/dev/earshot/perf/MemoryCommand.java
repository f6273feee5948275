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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench memory}: what loading a bundle adds to the process. */
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

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Also writes memory.json and memory.md there.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path save;

  /**
   * The result for one number of skills, in bytes.
   *
   * @param load what loading added: the median of each part over the repeats
   * @param worker what one worker's buffers added to that
   * @param totals of loading, of each repeat
   */
  record Size(
      int skills,
      @JsonProperty("disk_bytes") long diskBytes,
      Added load,
      Added worker,
      @JsonProperty("median_total") long medianTotal,
      List<Long> totals) {}

  record Report(
      Machine machine, String bundle, @JsonProperty("batch_max") int batchMax, List<Size> sizes) {}

  /** A bundle and the answers of the JVMs that loaded it so far. */
  private record Loaded(int skills, Path directory, List<Answer> answers) {}

  @Override
  public Integer call() throws BenchException, BundleException, IOException, InterruptedException {
    if (repeats < 1 || skills.stream().anyMatch(size -> size < 1)) {
      throw new ParameterException(spec.commandLine(), "--repeats, --skills (expected: each >= 1)");
    }
    Machine machine = Machine.describe();
    PrintWriter progress = spec.commandLine().getErr();
    List<Loaded> loaded = new ArrayList<>();
    for (int size : skills) {
      progress.printf("preparing the bundle of %d skills%n", size);
      progress.flush();
      Path directory =
          BundleResizer.cached(bundles.bundle(), bundles.cache(), size, BundleOptions.SEED);
      loaded.add(new Loaded(size, directory, new ArrayList<>()));
    }
    for (int repeat = 1; repeat <= repeats; repeat++) {
      for (Loaded bundle : loaded) {
        progress.printf("loading %d skills, %d of %d%n", bundle.skills, repeat, repeats);
        progress.flush();
        bundle.answers.add(probe(bundle.directory));
      }
    }
    List<Size> sizes = new ArrayList<>();
    for (Loaded bundle : loaded) {
      long diskBytes = Bundle.open(bundle.directory).diskBytes();
      sizes.add(size(bundle.skills, diskBytes, bundle.answers));
    }
    publish(new Report(machine, Bundle.open(bundles.bundle()).version(), batchMax, sizes));
    return 0;
  }

  private Answer probe(Path bundle) throws BenchException, IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-XX:+AlwaysPreTouch");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(
        List.of(
            BenchMain.class.getName(),
            "memory-probe",
            "--bundle=" + bundle,
            "--batch-max=" + batchMax));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new BenchException("the JVM that loads " + bundle + " exited with " + status);
    }
    return new ObjectMapper().readValue(answer, Answer.class);
  }

  private static Size size(int skills, long diskBytes, List<Answer> answers) {
    List<Long> totals = answers.stream().map(answer -> answer.load().total()).toList();
    return new Size(
        skills,
        diskBytes,
        medians(answers.stream().map(Answer::load).toList()),
        medians(answers.stream().map(Answer::worker).toList()),
        median(totals),
        totals);
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

  private void publish(Report report) throws IOException {
    String data =
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n";
    String text = markdown(report);
    if (save != null) {
      Files.createDirectories(save);
      Files.writeString(save.resolve("memory.json"), data);
      Files.writeString(save.resolve("memory.md"), text);
    }
    spec.commandLine().getOut().print(json ? data : text);
    spec.commandLine().getOut().flush();
  }

  private static String markdown(Report report) {
    StringBuilder text = new StringBuilder();
    text.append("Machine: ").append(report.machine.summary()).append('\n');
    text.append(
        String.format(
            Locale.ROOT,
            "%nBundle: %s, resized; batches of up to %d warmed. Megabytes (10^6 bytes) that loading"
                + " added, medians:%n",
            report.bundle,
            report.batchMax));
    text.append(
        "\n| skills | on disk | Java heap | native | mapped bundle files | **total** | of each"
            + " JVM | code pages | one worker more |\n");
    text.append("|---:|---:|---:|---:|---:|---:|---|---:|---:|\n");
    for (Size size : report.sizes) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %,d | %.1f | %.1f | %.1f | %.1f | **%.1f** | %s | %.1f | %.1f |%n",
              size.skills,
              size.diskBytes / MB,
              size.load.heap() / MB,
              size.load.anonymous() / MB,
              size.load.bundleFiles() / MB,
              size.medianTotal / MB,
              String.join(
                  " ",
                  size.totals.stream()
                      .map(total -> String.format(Locale.ROOT, "%.1f", total / MB))
                      .toList()),
              size.load.otherFiles() / MB,
              size.worker.total() / MB));
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
}
