package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.micro.RuntimeFloor;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench peers} measured.
 *
 * @param limit requests a second that a server would reach if it took nothing but an echo's
 *     processor time and the graphs' time in the best batch; 0: not measured
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PeersReport(
    String kind,
    String name,
    String time,
    String command,
    Machine machine,
    Map<String, Object> setup,
    List<Peer> peers,
    @JsonProperty("echo_cpu_us") double echoCpuUs,
    RuntimeFloor.@Nullable Times runtime,
    double limit) {
  static final String KIND = "peers";

  /**
   * A server's results.
   *
   * @param left why it was left out; null: it was measured
   * @param capacities of each round: the highest rate of which 99% were answered in time
   * @param peaks of each round: the most answers a second in time, at any rate
   * @param trials all runs, of all rounds
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Peer(
      String name,
      String description,
      @JsonProperty("left_out") @Nullable String left,
      List<Double> capacities,
      List<Double> peaks,
      List<PhaseResult> trials) {
    @JsonIgnore
    double capacity() {
      return median(capacities);
    }

    @JsonIgnore
    double peak() {
      return median(peaks);
    }
  }

  /** Earshot with the graphs that the peers run. */
  static final String FLAT = "earshot-flat";

  static boolean isEarshot(String peer) {
    return peer.equals("earshot") || peer.equals(FLAT);
  }

  static double median(List<Double> values) {
    return values.isEmpty() ? 0 : values.stream().sorted().toList().get((values.size() - 1) / 2);
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
    text.append(".\n\nSustained: the highest rate of which 99% were answered within the deadline;");
    text.append(
        " the median of the rounds, and each. Peak: the most answers a second within it, at");
    text.append(" any rate.\n");
    double own =
        peers.stream()
            .filter(peer -> peer.name.equals("earshot"))
            .mapToDouble(Peer::capacity)
            .findFirst()
            .orElse(0);
    text.append("\n| server | sustained/s | Earshot is | rounds | peak goodput/s | what it is |\n");
    text.append("|---|---:|---:|---|---:|---|\n");
    for (Peer peer : peers) {
      if (peer.left != null) {
        out.format("| %s | left out | | | | %s |%n", peer.name, peer.left);
        continue;
      }
      out.format(
          "| %s | **%,.0f** | %s | %s | %,.0f | %s |%n",
          peer.name,
          peer.capacity(),
          own == 0 || peer.capacity() == 0 || peer.name.equals("earshot")
              ? ""
              : String.format(Locale.ROOT, "%.1f×", own / peer.capacity()),
          String.join(
              " ",
              peer.capacities.stream().map(c -> String.format(Locale.ROOT, "%,.0f", c)).toList()),
          peer.peak(),
          peer.description);
    }
    if (limit > 0 && runtime != null) {
      out.format(
          "%nThe limit of one core: an echo takes %.0f µs of it, the graphs at best %.0f µs a"
              + " request in a batch: %,.0f a second. Earshot reaches %.0f%% of it.%n",
          echoCpuUs, runtime.bestRowUs(), limit, 100 * own / limit);
    }
    return text.toString();
  }
}
