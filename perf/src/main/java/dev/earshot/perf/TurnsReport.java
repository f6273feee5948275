package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.perf.load.BiasTraffic;
import dev.earshot.perf.load.PhaseResult;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench turns} measured: turns that are prepared while skills are shortlisted, and what
 * they do to the shortlists.
 *
 * @param capacity shortlists a second of which 99% were in time, without turns; null: not looked
 *     for
 * @param rate shortlists a second
 * @param recorded the calls that record the turns' events
 * @param biases the calls for a bias when the replies end; <i>full</i> are those whose vector and
 *     phrases were there before they came
 * @param discardedRuns runs of B whose turns are not counted, as the driver was behind in them
 * @param tests of the shortlists with turns (B) and without (A)
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record TurnsReport(
    String kind,
    String name,
    String time,
    String command,
    Machine machine,
    Map<String, Object> setup,
    @Nullable Double capacity,
    double rate,
    PhaseResult recorded,
    PhaseResult biases,
    @JsonProperty("discarded_runs_of_turns") int discardedRuns,
    List<PairedTest> tests,
    int discarded,
    boolean valid,
    List<PairedReport.Pair> pairs,
    List<PairedReport.Pair> noise) {
  static final String KIND = "turns";

  /** The share of turns whose vector must be ready when the reply ends. */
  static final double READY = 0.999;

  /** The share of all turns whose vector and phrases were there when the reply ended. */
  @JsonProperty("ready_share")
  double readyShare() {
    return recorded.scheduled() == 0 ? 0 : (double) biases.full() / recorded.scheduled();
  }

  @JsonProperty("holds")
  boolean holds() {
    return readyShare() >= READY
        && tests.stream()
            .filter(test -> test.metric().equals(PairedRuns.P99))
            .allMatch(PairedTest::holds);
  }

  String markdown() {
    StringBuilder text = new StringBuilder();
    Formatter out = new Formatter(text, Locale.ROOT);
    out.format("Machine: %s%n%nMeasured %s by `%s`: ", machine.summary(), time, command);
    text.append(
        setup.entrySet().stream()
            .map(entry -> entry.getKey().replace('_', ' ') + " " + entry.getValue())
            .collect(Collectors.joining(", ")));
    text.append(".\n\n");
    if (capacity != null) {
      out.format("Capacity without turns: %,.0f shortlists a second. ", capacity);
    }
    out.format(
        "A: %,.0f shortlists a second. B: the same, and turns. %d pairs A/B and %d A/A; %d were"
            + " discarded because the driver was behind its schedule.%s%n",
        rate, pairs.size(), noise.size(), discarded, valid ? "" : " **Invalid**.");
    out.format(
        "%nVector and phrases ready when the reply ended: **%.3f%%** of %,d turns (goal: %.1f%%)."
            + " %s.%s%n",
        100 * readyShare(),
        recorded.scheduled(),
        100 * READY,
        readyShare() >= READY ? "Met" : "Not met",
        discardedRuns == 0
            ? ""
            : " Not counted, as the driver was behind its schedule: runs of B: "
                + discardedRuns
                + ".");
    text.append("\n| | calls | p50 ms | p99 ms | p99.9 ms | refused | late | failed |\n");
    text.append("|---|---:|---:|---:|---:|---:|---:|---:|\n");
    row(out, "RecordEvents", recorded);
    row(out, "GetBias when the reply ends", biases);
    if (!biases.missing().isEmpty()) {
      out.format(
          "%nOf these biases: %s.%n",
          biases.missing().entrySet().stream()
              .map(mark -> String.format(Locale.ROOT, "%s %,d", mark.getKey(), mark.getValue()))
              .collect(Collectors.joining(", ")));
    }
    if (biases.missing().containsKey(BiasTraffic.MADE_MEANWHILE)) {
      text.append("(Made meanwhile: whole, but begun or finished only when it was asked for.)\n");
    }
    text.append("\n| shortlists | median B/A | limit: 95th percentile of A/A × 1.1 | B holds |\n");
    text.append("|---|---:|---:|---|\n");
    for (PairedTest test : tests) {
      out.format(
          "| %s | %.3f | %.3f | %s |%n",
          test.metric(), test.medianRatio(), test.limit(), test.holds() ? "yes" : "**no**");
    }
    return text.toString();
  }

  private static void row(Formatter out, String name, PhaseResult result) {
    out.format(
        "| %s | %,d | %.2f | %.2f | %.2f | %,d | %,d | %,d |%n",
        name,
        result.scheduled(),
        result.latencyUs().p50() / 1e3,
        result.latencyUs().p99() / 1e3,
        result.latencyUs().p999() / 1e3,
        result.refused(),
        result.late(),
        result.failed().values().stream().mapToLong(Long::longValue).sum());
  }
}
