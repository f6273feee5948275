package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.earshot.perf.micro.InProcessRatio;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.MultisetStatistics;
import org.openjdk.jmh.util.Statistics;

/**
 * What {@link MicroCommand} found.
 *
 * @param bundle the version of the bundle that the measured ones were made from
 * @param ratios the whole shortlist against the runtime alone
 * @param encryption the store's operations with and without it
 */
record MicroReport(
    Machine machine,
    String bundle,
    List<Benchmark> benchmarks,
    List<Ratio> ratios,
    List<Encryption> encryption) {

  /** The most that the whole shortlist may take, as a multiple of the runtime alone. */
  private static final double GOAL = 1.5;

  private static final int GOAL_SKILLS = 40_000;
  private static final String ENCRYPTED = "encrypted";

  static MicroReport of(
      Machine machine, String bundle, List<Benchmark> benchmarks, List<Ratio> ratios) {
    List<Encryption> encryption = new ArrayList<>();
    for (Benchmark sealed : benchmarks) {
      for (Benchmark plain : benchmarks) {
        if (sealed.name.equals(plain.name)
            && sealed.parameters.getOrDefault(ENCRYPTED, "").equals("true")
            && plain.parameters.getOrDefault(ENCRYPTED, "").equals("false")) {
          encryption.add(Encryption.of(sealed, plain));
        }
      }
    }
    return new MicroReport(machine, bundle, benchmarks, ratios, encryption);
  }

  /** One benchmark with its parameters; times are microseconds a call, over all rounds. */
  @JsonPropertyOrder({"name", "parameters"})
  static final class Benchmark {
    @JsonProperty final String name;
    @JsonProperty final Map<String, String> parameters;
    private final MultisetStatistics times = new MultisetStatistics();
    private final List<Double> roundMedians = new ArrayList<>();
    private final List<Double> allocated = new ArrayList<>();

    private Benchmark(String name, Map<String, String> parameters) {
      this.name = name;
      this.parameters = parameters;
    }

    static Benchmark named(BenchmarkParams params) {
      Map<String, String> parameters = new TreeMap<>();
      for (String key : params.getParamsKeys()) {
        parameters.put(key, params.getParam(key));
      }
      String method = params.getBenchmark();
      int typeName = method.lastIndexOf('.', method.lastIndexOf('.') - 1) + 1;
      return new Benchmark(method.substring(typeName), parameters);
    }

    @JsonIgnore
    String key() {
      return name + parameters;
    }

    void add(RunResult round) {
      Statistics statistics = round.getPrimaryResult().getStatistics();
      Iterator<Map.Entry<Double, Long>> samples = statistics.getRawData();
      while (samples.hasNext()) {
        Map.Entry<Double, Long> sample = samples.next();
        times.addValue(sample.getKey(), sample.getValue());
      }
      roundMedians.add(statistics.getPercentile(50));
      round
          .getSecondaryResults()
          .forEach((label, result) -> {
            if (label.endsWith("gc.alloc.rate.norm")) {
              allocated.add(result.getScore());
            }
          });
    }

    @JsonProperty("samples")
    long samples() {
      return times.getN();
    }

    @JsonProperty("p50_us")
    double p50() {
      return times.getPercentile(50);
    }

    @JsonProperty("p90_us")
    double p90() {
      return times.getPercentile(90);
    }

    @JsonProperty("p99_us")
    double p99() {
      return times.getPercentile(99);
    }

    @JsonProperty("mean_us")
    double mean() {
      return times.getMean();
    }

    @JsonProperty("round_p50_us")
    List<Double> roundMedians() {
      return roundMedians;
    }

    /** On the Java heap. */
    @JsonProperty("allocated_bytes")
    double allocatedBytes() {
      return median(allocated);
    }
  }

  /**
   * The whole shortlist against the runtime alone, measured in turn, at the median.
   *
   * @param ratio the median of those of the measurement's tenths
   */
  record Ratio(
      int skills,
      String user,
      @JsonProperty("shortlist_p50_us") double shortlist,
      @JsonProperty("floor_p50_us") double floor,
      double ratio,
      @JsonProperty("round_ratios") List<Double> roundRatios) {
    static Ratio of(int skills, String user, InProcessRatio.Times times) {
      return new Ratio(
          skills,
          user,
          times.shortlist(),
          times.runtime(),
          median(times.roundRatios()),
          times.roundRatios());
    }
  }

  /**
   * What encryption costs an operation of the store, at the median, within each round.
   *
   * @param ratio the rounds' median
   */
  record Encryption(
      String operation,
      @JsonProperty("encrypted_p50_us") double encrypted,
      @JsonProperty("plain_p50_us") double plain,
      double ratio,
      @JsonProperty("round_ratios") List<Double> roundRatios) {
    static Encryption of(Benchmark sealed, Benchmark plain) {
      List<Double> ratios = ratiosOfRounds(sealed, plain);
      return new Encryption(sealed.name, sealed.p50(), plain.p50(), median(ratios), ratios);
    }
  }

  private static List<Double> ratiosOfRounds(Benchmark whole, Benchmark part) {
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < whole.roundMedians.size(); round++) {
      ratios.add(whole.roundMedians.get(round) / part.roundMedians.get(round));
    }
    return ratios;
  }

  private static String joined(List<Double> ratios) {
    return String.join(
        " ", ratios.stream().map(value -> String.format(Locale.ROOT, "%.2f", value)).toList());
  }

  private static double median(List<Double> values) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** The report for people. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("Machine: ").append(machine.summary()).append('\n');
    text.append("\nBundle: ").append(bundle).append(", resized to each number of skills.\n");
    text.append(
        "\n| benchmark | parameters | p50 µs | p90 µs | p99 µs | mean µs | heap B/call |\n");
    text.append("|---|---|---:|---:|---:|---:|---:|\n");
    for (Benchmark benchmark : benchmarks) {
      line(
          text,
          "| %s | %s | %.1f | %.1f | %.1f | %.1f | %,.0f |\n",
          benchmark.name,
          benchmark.parameters.toString().replaceAll("[{}]", ""),
          benchmark.p50(),
          benchmark.p90(),
          benchmark.p99(),
          benchmark.mean(),
          benchmark.allocatedBytes());
    }
    if (!ratios.isEmpty()) {
      text.append(
          "\nThe whole shortlist in process against ONNX Runtime alone, measured in turn in one JVM,"
              + " p50:\n");
      text.append(
          "\n| skills | user | shortlist µs | runtime µs | ratio | of each tenth of the time |\n");
      text.append("|---:|---|---:|---:|---:|---|\n");
      for (Ratio ratio : ratios) {
        line(
            text,
            "| %,d | %s | %.1f | %.1f | %.2f | %s |\n",
            ratio.skills,
            ratio.user,
            ratio.shortlist,
            ratio.floor,
            ratio.ratio,
            joined(ratio.roundRatios));
      }
      for (Ratio ratio : ratios) {
        if (ratio.skills == GOAL_SKILLS) {
          line(
              text,
              "\nGoal at %,d skills, user %s: at most %.1f. %s.\n",
              ratio.skills,
              ratio.user,
              GOAL,
              ratio.ratio <= GOAL ? "Met" : "Not met");
        }
      }
    }
    if (!encryption.isEmpty()) {
      text.append("\nThe cost of encryption, p50:\n");
      text.append("\n| operation | encrypted µs | plain µs | cost µs | ratio | of each round |\n");
      text.append("|---|---:|---:|---:|---:|---|\n");
      for (Encryption cost : encryption) {
        line(
            text,
            "| %s | %.1f | %.1f | %+.1f | %.2f | %s |\n",
            cost.operation,
            cost.encrypted,
            cost.plain,
            cost.encrypted - cost.plain,
            cost.ratio,
            joined(cost.roundRatios));
      }
    }
    return text.toString();
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }
}
