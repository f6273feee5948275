package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench start} measured: times from the start of a process until it serves, in ms.
 *
 * @param profiles of the full store
 * @param empty with a store that holds nothing, of each round
 * @param full with a store that holds the profiles, of each round
 */
record StartReport(
    String kind,
    String name,
    String time,
    String command,
    Machine machine,
    Map<String, Object> setup,
    int profiles,
    @JsonProperty("empty_ms") List<Double> empty,
    @JsonProperty("full_ms") List<Double> full) {
  static final String KIND = "start";

  /** The most that a start with profiles may take, as a multiple of one without. */
  static final double GOAL = 1.2;

  StartReport {
    empty = List.copyOf(empty);
    full = List.copyOf(full);
  }

  /** Of each round. */
  @JsonProperty("round_ratios")
  List<Double> roundRatios() {
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < empty.size(); round++) {
      ratios.add(Math.round(1e3 * full.get(round) / empty.get(round)) / 1e3);
    }
    return ratios;
  }

  /** The median of the rounds' ratios. */
  @JsonProperty("ratio")
  double ratio() {
    return PeersReport.median(roundRatios());
  }

  @JsonIgnore
  boolean holds() {
    return ratio() <= GOAL;
  }

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
    text.append(
        ".\n\n| from the process's start until it serves | median s | of each round, s |\n");
    text.append("|---|---:|---|\n");
    row(out, "no profiles", empty);
    row(out, String.format(Locale.ROOT, "%,d profiles", profiles), full);
    out.format(
        "%nRatio, the median of the rounds': **%.3f** (%s). Goal: at most %.1f. %s.%n",
        ratio(),
        String.join(
            " ", roundRatios().stream().map(r -> String.format(Locale.ROOT, "%.2f", r)).toList()),
        GOAL,
        holds() ? "Met" : "Not met");
    return text.toString();
  }

  private static void row(Formatter out, String name, List<Double> times) {
    out.format(
        "| %s | %.2f | %s |%n",
        name,
        PeersReport.median(times) / 1e3,
        String.join(
            " ", times.stream().map(ms -> String.format(Locale.ROOT, "%.2f", ms / 1e3)).toList()));
  }
}
