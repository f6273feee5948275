package dev.earshot.perf;

import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.micro.RuntimeFloor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What Earshot promises of its speed, and whether the results keep it. */
final class Goals {
  private static final double HALF = 0.5;
  private static final double LIGHT = 0.1;
  private static final double RECORD_BEYOND_ECHO_US = 1_000;

  private final List<String> rows = new ArrayList<>();

  private Goals() {}

  static String markdown(
      List<LoadReport> loads, List<PeersReport> peers, List<PairedReport> pairs) {
    Goals goals = new Goals();
    loads.forEach(goals::load);
    peers.forEach(goals::peers);
    for (PairedReport pair : pairs) {
      for (PairedTest test : pair.tests()) {
        goals.row(
            pair.name() + ": " + test.metric() + " of B as of A",
            String.format(Locale.ROOT, "ratio ≤ %.3f", test.limit()),
            String.format(Locale.ROOT, "%.3f", test.medianRatio()),
            pair.valid() ? test.holds() : null);
      }
      if (pair.b().contains("swap")) {
        goals.row(pair.name() + ": failed requests", "0", "" + pair.failedB(), pair.failedB() == 0);
      }
    }
    return "| goal | wanted | measured | met |\n|---|---|---|---|\n"
        + String.join("\n", goals.rows)
        + "\n";
  }

  private void load(LoadReport load) {
    LoadReport.Sweep sweep = load.sweep();
    if (sweep != null) {
      row(load.name() + ": capacity", "", perSecond(sweep.capacity()), null);
      PhaseResult half = at(sweep.curve(), sweep.capacity() * HALF);
      if (half != null) {
        double p99 = half.latencyUs().p99();
        double wanted = wantedP99(load);
        row(
            load.name() + ": p99 at half of the capacity",
            wanted > 0 ? "≤ " + millis(wanted) : "reported",
            millis(p99),
            (wanted > 0 && half.valid()) ? p99 <= wanted : null);
        halfAgainstFloors(load, half);
      }
      light(load);
    }
    if ("RecordEvents".equals(load.setup().get("calls"))) {
      for (LoadReport.Beyond beyond : load.beyondEcho()) {
        row(
            load.name() + ": p99 at " + beyond.run() + ", beyond the echo's",
            "≤ " + millis(RECORD_BEYOND_ECHO_US),
            millis(beyond.p99Us()),
            beyond.valid() ? beyond.p99Us() <= RECORD_BEYOND_ECHO_US : null);
      }
    }
    LoadReport.Overload overload = load.overload();
    if (overload != null) {
      for (LoadReport.Burst burst : overload.bursts()) {
        String name = String.format(Locale.ROOT, "%s: at %.0f×, ", load.name(), burst.factor());
        double share = burst.factor() > 3 ? 0.85 : 0.95;
        row(
            name + "goodput of the peak",
            String.format(Locale.ROOT, "≥ %.0f%%", 100 * share),
            String.format(Locale.ROOT, "%.1f%%", 100 * burst.goodputShare()),
            burst.goodputShare() >= share);
        double quarter = deadlineUs(load) / 4;
        row(
            name + "refusals come, p99",
            "≤ " + millis(quarter),
            millis(burst.refusalP99Us()),
            burst.refusalP99Us() <= quarter);
        if (!Double.isNaN(burst.refusalCpuUs())) {
          row(
              name + "CPU of a refusal",
              "reported",
              String.format(Locale.ROOT, "%.0f µs", burst.refusalCpuUs()),
              null);
        }
        row(
            name + "back to normal",
            "≤ 1,000 ms",
            burst.recoveryMs() < 0 ? "not within 5,000 ms" : burst.recoveryMs() + " ms",
            burst.recoveryMs() >= 0 && burst.recoveryMs() <= 1_000);
      }
      row(
          load.name() + ": growth of resident memory",
          "≤ 5%",
          String.format(Locale.ROOT, "%.1f%%", 100 * overload.rssGrowth()),
          overload.rssGrowth() <= 0.05);
    }
  }

  private void halfAgainstFloors(LoadReport load, PhaseResult half) {
    LoadReport.Floors floors = load.floors();
    RuntimeFloor.Times runtime = floors == null ? null : floors.runtime();
    PhaseResult echo = floors == null ? null : at(floors.echo(), half.offered());
    if (echo == null || runtime == null) {
      return;
    }
    double bound = echo.latencyUs().p99() + 4 * runtime.p50();
    row(
        load.name() + ": the same, against the floors",
        "≤ echo's p99 + 4 × runtime: " + millis(bound),
        millis(half.latencyUs().p99()),
        (half.valid() && echo.valid()) ? half.latencyUs().p99() <= bound : null);
    RuntimeFloor.PacedTime paced = paced(runtime, half.offered());
    if (paced != null) {
      row(
          load.name() + ": the same, against the runtime called at that rate",
          "echo's p99 + 4 × it: " + millis(echo.latencyUs().p99() + 4 * paced.p50()),
          millis(half.latencyUs().p99()),
          null);
    }
  }

  private static RuntimeFloor.@Nullable PacedTime paced(RuntimeFloor.Times runtime, double rate) {
    return runtime.paced().stream()
        .filter(paced -> Math.abs(paced.rate() - rate) <= 0.2 * rate)
        .min(Comparator.comparingDouble(paced -> Math.abs(paced.rate() - rate)))
        .orElse(null);
  }

  private void light(LoadReport load) {
    LoadReport.Sweep sweep = load.sweep();
    LoadReport.Floors floors = load.floors();
    if (sweep == null || floors == null || floors.runtime() == null) {
      return;
    }
    PhaseResult light = at(sweep.curve(), sweep.capacity() * LIGHT);
    PhaseResult echo = light == null ? null : at(floors.echo(), light.offered());
    if (light == null || echo == null) {
      return;
    }
    boolean valid = light.valid() && echo.valid();
    double beyondEcho = light.latencyUs().p50() - echo.latencyUs().p50();
    double own = beyondEcho - floors.runtime().p50();
    row(
        load.name() + ": at a tenth of the capacity, p50 beyond echo and runtime",
        "≤ 0.30 ms",
        millis(own),
        valid ? own <= 300 : null);
    RuntimeFloor.PacedTime paced = paced(floors.runtime(), light.offered());
    if (paced != null) {
      row(
          load.name() + ": the same, beyond the runtime called at that rate",
          "",
          millis(beyondEcho - paced.p50()),
          null);
    }
    PhaseResult.Stages stages = light.stagesUs();
    if (stages != null) {
      double difference =
          Math.abs(stages.total() - (light.latencyUs().mean() - echo.latencyUs().mean()));
      double share = difference / Math.max(1, light.latencyUs().mean() - echo.latencyUs().mean());
      row(
          load.name() + ": the response's timings against what the client sees beyond echo (means)",
          "within 10%",
          String.format(Locale.ROOT, "%.0f%% apart", 100 * share),
          valid ? share <= 0.1 : null);
    }
  }

  private void peers(PeersReport report) {
    double own = capacity(report, "earshot");
    against(report, "one core, within the deadline, against ", own);
    double flat = capacity(report, PeersReport.FLAT);
    if (flat > 0) {
      against(report, "the same with --search flat, the very graphs of the peers: ", flat);
    }
    if (report.limit() > 0) {
      row(
          "one core's limit (echo's and the graphs' processor time)",
          "stated",
          String.format(
              Locale.ROOT, "%.0f%% of %,.0f a second", 100 * own / report.limit(), report.limit()),
          null);
    }
  }

  private void against(PeersReport report, String what, double own) {
    for (PeersReport.Peer peer : report.peers()) {
      if (PeersReport.isEarshot(peer.name())) {
        continue;
      }
      double wanted = peer.name().equals("triton") ? 2.4 : 5;
      boolean measured = peer.left() == null && peer.capacity() > 0 && own > 0;
      row(
          what + peer.name(),
          String.format(Locale.ROOT, "≥ %.1f×", wanted),
          measured
              ? String.format(
                  Locale.ROOT,
                  "%.1f× (%,.0f against %,.0f)",
                  own / peer.capacity(),
                  own,
                  peer.capacity())
              : peer.left() == null ? "nothing sustained" : "left out",
          measured ? own / peer.capacity() >= wanted : null);
    }
  }

  private static double capacity(PeersReport report, String name) {
    return report.peers().stream()
        .filter(peer -> peer.name().equals(name))
        .mapToDouble(PeersReport.Peer::capacity)
        .findFirst()
        .orElse(0);
  }

  private static @Nullable PhaseResult at(List<PhaseResult> curve, double rate) {
    PhaseResult nearest = ReportCommand.nearest(curve, rate);
    return nearest == null || Math.abs(nearest.offered() - rate) > 0.2 * rate ? null : nearest;
  }

  private static double wantedP99(LoadReport load) {
    Object skills = load.setup().get("skills");
    int count = skills instanceof Number number ? number.intValue() : 0;
    if (count > 500_000) {
      return 15_000;
    }
    return count > 100_000 ? 0 : count > 40_000 ? 5_000 : 3_000;
  }

  private static double deadlineUs(LoadReport load) {
    return load.setup().get("deadline_ms") instanceof Number millis
        ? 1e3 * millis.doubleValue()
        : 15_000;
  }

  private static String millis(double micros) {
    return String.format(Locale.ROOT, "%.2f ms", micros / 1e3);
  }

  private static String perSecond(double rate) {
    return String.format(Locale.ROOT, "%,.0f a second", rate);
  }

  private void row(String goal, String wanted, String measured, @Nullable Boolean met) {
    String verdict = met == null ? "" : met ? "yes" : "**no**";
    rows.add("| " + goal + " | " + wanted + " | " + measured + " | " + verdict + " |");
  }
}
