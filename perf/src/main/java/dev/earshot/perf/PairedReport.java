package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.perf.load.PhaseResult;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench paired} measured.
 *
 * @param a what A is
 * @param b what B is
 * @param swapsB how often B's bundle was loaded anew in its runs; null: that was not wanted
 * @param pairs A and B
 * @param noise A and A
 * @param discarded pairs in which the driver was behind its schedule, run again
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PairedReport(
    String kind,
    String name,
    String time,
    String command,
    Machine machine,
    Map<String, Object> setup,
    String a,
    String b,
    double rate,
    List<PairedTest> tests,
    @JsonProperty("late_or_failed_a") double lateA,
    @JsonProperty("late_or_failed_b") double lateB,
    @JsonProperty("failed_b") long failedB,
    @JsonProperty("degraded_b") double degradedB,
    @JsonProperty("swaps_b") @Nullable Integer swapsB,
    int discarded,
    boolean valid,
    List<Pair> pairs,
    List<Pair> noise) {
  static final String KIND = "paired";

  /** Two runs, one right after the other; in which order is in the names. */
  record Pair(PhaseResult a, PhaseResult b) {}

  String markdown() {
    StringBuilder text = new StringBuilder();
    Formatter out = new Formatter(text, Locale.ROOT);
    out.format("Machine: %s%n%nMeasured %s by `%s`: ", machine.summary(), time, command);
    text.append(
        String.join(
            ", ",
            setup.entrySet().stream()
                .map(entry -> entry.getKey().replace('_', ' ') + " " + entry.getValue())
                .toList()));
    out.format(
        ".%n%nA: %s. B: %s. %d pairs A/B and %d A/A at %,.0f requests a second; %d pairs were"
            + " discarded because the driver was behind its schedule.%s%n",
        a,
        b,
        pairs.size(),
        noise.size(),
        rate,
        discarded,
        valid ? "" : " **Invalid: too few pairs were left.**");
    text.append(
        "\n| | median B/A | limit: 95th percentile of A/A × 1.1 | B holds | of each pair |");
    text.append(" A/A |\n|---|---:|---:|---|---|---|\n");
    for (PairedTest test : tests) {
      out.format(
          "| %s | %.3f | %.3f | %s | %s | %s |%n",
          test.metric(),
          test.medianRatio(),
          test.limit(),
          test.holds() ? "yes" : "**no**",
          numbers(test.ratios()),
          numbers(test.noise()));
    }
    out.format(
        "%nLate or failed: A %.3f%%, B %.3f%% (of these %,d failed). Marked as degraded in B:"
            + " %.1f%%.%n",
        100 * lateA, 100 * lateB, failedB, 100 * degradedB);
    if (swapsB != null) {
      out.format("%nB's bundle was loaded anew %,d times in its runs.%n", swapsB);
    }
    return text.toString();
  }

  private static String numbers(List<Double> values) {
    return String.join(
        " ", values.stream().map(value -> String.format(Locale.ROOT, "%.2f", value)).toList());
  }
}
