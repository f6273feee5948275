package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.perf.load.BiasTraffic;
import dev.earshot.perf.load.PhaseResult;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@code bench bias} measured: what becomes of each call at each budget.
 *
 * @param calls one for each kind of call
 */
record BiasSweepReport(
    String kind,
    String name,
    String time,
    String command,
    Machine machine,
    Map<String, Object> setup,
    List<Calls> calls) {
  static final String KIND = "bias";

  /** The share of calls that must be answered from twice the context-free path's p99 up. */
  static final double ANSWERED = 0.99;

  BiasSweepReport {
    calls = List.copyOf(calls);
  }

  /**
   * Calls of one kind.
   *
   * @param contextFree the same method's calls that name nothing, with time to spare
   */
  record Calls(
      String name, @JsonProperty("context_free") PhaseResult contextFree, List<Point> points) {
    Calls {
      points = List.copyOf(points);
    }

    /** The budget from which on nearly all must be answered. */
    @JsonProperty("twice_context_free_p99_ms")
    double threshold() {
      return thresholdMs(contextFree);
    }

    @JsonIgnore
    List<Point> fromThreshold() {
      return points.stream().filter(point -> point.budgetMs >= threshold()).toList();
    }

    @JsonProperty("least_answered_from_there")
    double leastAnswered() {
      return fromThreshold().stream().mapToDouble(p -> p.result.goodShare()).min().orElse(0);
    }
  }

  /** Twice the p99, in ms, to the next tenth. */
  static double thresholdMs(PhaseResult contextFree) {
    return Math.ceil(2 * contextFree.latencyUs().p99() / 100) / 10;
  }

  /** A budget, and what came of the calls that had it. */
  record Point(@JsonProperty("budget_ms") double budgetMs, PhaseResult result) {
    private long noted(String note) {
      return result.missing().getOrDefault(note, 0L);
    }

    /** Answers that are not what they say. */
    @JsonProperty("wrong")
    long wrong() {
      return noted(BiasTraffic.UNMARKED) + noted(BiasTraffic.NOT_OWN_ORDER);
    }
  }

  @JsonProperty("wrong")
  long wrong() {
    return calls.stream().flatMap(c -> c.points.stream()).mapToLong(Point::wrong).sum();
  }

  @JsonProperty("holds")
  boolean holds() {
    return wrong() == 0 && calls.stream().allMatch(all -> all.leastAnswered() >= ANSWERED);
  }

  @JsonIgnore
  boolean isValid() {
    return calls.stream()
        .allMatch(
            all -> all.contextFree.valid() && all.points.stream().allMatch(p -> p.result.valid()));
  }

  String markdown() {
    StringBuilder text = new StringBuilder();
    Formatter out = new Formatter(text, Locale.ROOT);
    out.format("Machine: %s%n%nMeasured %s by `%s`: ", machine.summary(), time, command);
    text.append(
        setup.entrySet().stream()
            .map(entry -> entry.getKey().replace('_', ' ') + " " + entry.getValue())
            .collect(Collectors.joining(", ")));
    text.append(".\n");
    if (!isValid()) {
      text.append("\n**Invalid**: the driver was behind its own schedule in the runs so marked.\n");
    }
    for (Calls all : calls) {
      out.format(
          "%n## %s%n%nContext-free p99 of the same method: %.2f ms; from twice that, %.1f ms, up"
              + " at least %.2f%% were answered in time. Goal: %.0f%%. %s.%n%n",
          all.name,
          all.contextFree.latencyUs().p99() / 1e3,
          all.threshold(),
          100 * all.leastAnswered(),
          100 * ANSWERED,
          all.leastAnswered() >= ANSWERED ? "Met" : "Not met");
      text.append(
          "| budget ms | calls | answered in time | with all context | in part | context-free |"
              + " refused | late | failed | p50 ms | p99 ms | marks |\n");
      text.append("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n");
      for (Point point : all.points) {
        row(out, point);
      }
    }
    out.format(
        "%nEvery context-free answer marked, and the recogniser's own list byte for byte; every"
            + " unmarked one whole: **%s**.%n",
        wrong() == 0 ? "yes" : wrong() + " were not");
    return text.toString();
  }

  private static void row(Formatter out, Point point) {
    PhaseResult result = point.result;
    long meanwhile = point.noted(BiasTraffic.MADE_MEANWHILE);
    out.format(
        "| %s | %,d | %s | %s | %s | %s | %s | %s | %s | %.2f | %.2f | %s%s |%n",
        point.budgetMs == Math.rint(point.budgetMs)
            ? String.format(Locale.ROOT, "%.0f", point.budgetMs)
            : String.format(Locale.ROOT, "%.1f", point.budgetMs),
        result.scheduled(),
        percent(result.full() + result.degraded(), result),
        percent(result.full() + meanwhile, result),
        percent(point.noted(BiasTraffic.IN_PART), result),
        percent(point.noted(BiasTraffic.CONTEXT_FREE), result),
        percent(result.refused(), result),
        percent(result.late(), result),
        percent(result.failed().values().stream().mapToLong(Long::longValue).sum(), result),
        result.latencyUs().p50() / 1e3,
        result.latencyUs().p99() / 1e3,
        result.missing().entrySet().stream()
            .filter(mark -> !BiasTraffic.NOTES.contains(mark.getKey()) || isWrong(mark.getKey()))
            .map(mark -> mark.getKey() + " " + percent(mark.getValue(), result))
            .collect(Collectors.joining(", ")),
        result.valid() ? "" : " **invalid**");
  }

  private static boolean isWrong(String note) {
    return note.equals(BiasTraffic.UNMARKED) || note.equals(BiasTraffic.NOT_OWN_ORDER);
  }

  private static String percent(long count, PhaseResult result) {
    return count == 0 || result.scheduled() == 0
        ? "0"
        : String.format(Locale.ROOT, "%.1f%%", 100.0 * count / result.scheduled());
  }
}
