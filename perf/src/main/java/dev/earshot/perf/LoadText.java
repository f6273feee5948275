package dev.earshot.perf;

import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.ServerUse;
import dev.earshot.perf.micro.RuntimeFloor;
import dev.earshot.perf.micro.Stalls;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** A {@link LoadReport} for people, as markdown. */
final class LoadText {
  private LoadText() {}

  static String markdown(LoadReport report) {
    StringBuilder text = new StringBuilder();
    Formatter out = new Formatter(text, Locale.ROOT);
    text.append("Machine: ").append(report.machine().summary()).append("\n\n");
    text.append("Measured ").append(report.time()).append(" by `").append(report.command());
    text.append("`: ");
    text.append(
        String.join(
            ", ",
            report.setup().entrySet().stream()
                .map(entry -> entry.getKey().replace('_', ' ') + " " + entry.getValue())
                .toList()));
    text.append(".\n");
    if (!report.isValid()) {
      text.append("\n**Invalid**: the driver was behind its own schedule in the runs so marked.\n");
    }
    if (!report.runs().isEmpty()) {
      phases(text, "Runs", report.runs());
    }
    LoadReport.Sweep sweep = report.sweep();
    if (sweep != null) {
      out.format(
          "%nCapacity (99%% within the deadline): **%,.0f a second**%s; peak goodput %,.0f a second;"
              + " %.0f µs of CPU an answer at capacity.%n",
          sweep.capacity(),
          sweep.driverBound() ? " (the driver set the limit)" : "",
          sweep.peakGoodput(),
          sweep.answerCpuUs());
      phases(text, "Load, as a part of the capacity", sweep.curve());
    }
    LoadReport.Overload overload = report.overload();
    if (overload != null) {
      phases(text, "What the bursts are compared with", overload.peakRuns());
      phases(text, "Overload, without a pause between", overload.phases());
      text.append("\n| burst | goodput, of the peak | refusal p99 ms | CPU µs a refusal | back to");
      text.append(" normal after ms |\n|---:|---:|---:|---:|---:|\n");
      for (LoadReport.Burst burst : overload.bursts()) {
        out.format(
            "| %.0f× | %.1f%% | %.2f | %s | %s |%n",
            burst.factor(),
            100 * burst.goodputShare(),
            burst.refusalP99Us() / 1e3,
            micros(burst.refusalCpuUs()),
            burst.recoveryMs() < 0 ? "not within 5,000" : Integer.toString(burst.recoveryMs()));
      }
      out.format("%nResident memory grew by %.1f%%.%n", 100 * overload.rssGrowth());
    }
    LoadReport.Floors floors = report.floors();
    if (floors != null) {
      for (Stalls.Times stalls : floors.stalls()) {
        out.format(
            "%nThe machine: a thread that only read the clock there missed %.2f%% of %.0f s, %.1f"
                + " times a second for more than 1 ms, at most %.2f ms.%n",
            100 * stalls.share(), stalls.seconds(), stalls.longASecond(), stalls.longestMs());
      }
      phases(text, "Floor: an echo of the same messages", floors.echo());
      for (LoadReport.Beyond beyond : report.beyondEcho()) {
        out.format(
            "%nAt %s: p50 %.2f ms, p99 %.2f ms beyond the echo's.%s%n",
            beyond.run(),
            beyond.p50Us() / 1e3,
            beyond.p99Us() / 1e3,
            beyond.valid() ? "" : " **Invalid**.");
      }
      if (floors.runtime() != null) {
        out.format(
            "%nFloor: ONNX Runtime alone, one thread: p50 %.0f µs, p99 %.0f µs a request; in"
                + " batches at best %.0f µs a request (%s).%n",
            floors.runtime().p50(),
            floors.runtime().p99(),
            floors.runtime().bestRowUs(),
            String.join(
                ", ",
                floors.runtime().batches().stream()
                    .map(batch ->
                        String.format(Locale.ROOT, "%d: %.0f µs", batch.size(), batch.p50()))
                    .toList()));
        for (RuntimeFloor.PacedTime paced : floors.runtime().paced()) {
          out.format(
              "The same for requests that come at random, %,.0f a second: p50 %.0f µs, p99 %.0f"
                  + " µs.%n",
              paced.rate(), paced.p50(), paced.p99());
        }
      }
    }
    return text.toString();
  }

  private static String micros(double micros) {
    return Double.isNaN(micros) ? "" : String.format(Locale.ROOT, "%.0f", micros);
  }

  private static void phases(StringBuilder text, String title, List<PhaseResult> phases) {
    Formatter out = new Formatter(text, Locale.ROOT);
    text.append("\n| ").append(title);
    text.append(
        " | offered/s | good/s | p50 ms | p90 ms | p99 ms | p99.9 ms | degraded | refused |");
    text.append(" late | failed | server CPU | driver's lag p99 ms |\n");
    text.append("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (PhaseResult phase : phases) {
      ServerUse use = phase.server();
      long failed = phase.failed().values().stream().mapToLong(Long::longValue).sum();
      out.format(
          "| %s | %,.0f | %,.0f | %.2f | %.2f | %.2f | %.2f | %s | %s | %s | %s | %s | %.2f%s |%n",
          phase.name(),
          phase.offered(),
          phase.goodput(),
          phase.latencyUs().p50() / 1e3,
          phase.latencyUs().p90() / 1e3,
          phase.latencyUs().p99() / 1e3,
          phase.latencyUs().p999() / 1e3,
          share(phase.degraded(), phase),
          share(phase.refused(), phase),
          share(phase.late(), phase),
          share(failed, phase),
          use == null
              ? ""
              : String.format(Locale.ROOT, "%.0f%%", 100 * use.cpuSeconds() / phase.seconds()),
          phase.lagUs().p99() / 1e3,
          phase.valid() ? "" : " **invalid**");
    }
  }

  private static String share(long count, PhaseResult phase) {
    return count == 0
        ? "0"
        : String.format(Locale.ROOT, "%.2f%%", 100.0 * count / phase.scheduled());
  }
}
