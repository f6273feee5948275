package dev.earshot.app;

import dev.earshot.app.eval.EvalReport;
import dev.earshot.app.eval.EvalReport.Accuracy;
import dev.earshot.app.eval.EvalReport.ModeReport;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Prints an evaluation for people. Shares are in percent. */
final class EvalReportPrinter {
  private final PrintWriter out;

  EvalReportPrinter(PrintWriter out) {
    this.out = out;
  }

  void print(EvalReport report) {
    out.printf(
        Locale.ROOT,
        "bundle %s, %,d rows, %,d users' profiles%n",
        report.bundleVersion(),
        report.rows(),
        report.users());
    report.modes().forEach(this::print);
    out.println();
    out.println(
        "capability: the first skill does what the right one does, whatever its brand. Brands of one");
    out.println(
        "capability are asked for in the same words: text alone cannot tell them apart, a user's");
    out.println("enabled skills can.");
  }

  private void print(ModeReport mode) {
    out.println();
    out.printf(
        "%-32s %8s %10s %10s %10s %11s%n",
        mode.mode(), "rows", "top 1", "top 3", "top 5", "capability");
    print("all", mode.total());
    out.printf(
        "  %-30s %8s%s%n",
        "95% interval, over users",
        "",
        mode.intervals().values().stream()
            .map(i ->
                " %10s"
                    .formatted(
                        String.format(Locale.ROOT, "%.1f–%.1f", 100 * i.low(), 100 * i.high())))
            .collect(Collectors.joining()));
    if (mode.bySource().size() > 1) {
      mode.bySource().forEach((source, accuracy) -> print("source " + source, accuracy));
    }
    print("right skill enabled", mode.enabled());
    print("right skill not enabled", mode.notEnabled());
    out.printf(
        Locale.ROOT,
        "  calibration error %.4f (15 bins of equal width)%n",
        mode.calibrationError());
    if (mode.outOfScopeAuroc() != null) {
      out.printf(Locale.ROOT, "  out-of-scope AUROC %.4f%n", mode.outOfScopeAuroc());
    }
    out.printf(
        Locale.ROOT,
        "  %.2f%% of the answers degraded (counted above like the others)%n",
        100 * mode.degraded());
    if (!mode.failed().isEmpty()) {
      out.printf("  WITHOUT AN ANSWER (counted above as wrong): %s%n", mode.failed());
    }
    out.printf(
        Locale.ROOT, "  %.1f s, %,.0f rows a second%n", mode.seconds(), mode.rowsPerSecond());
  }

  private void print(String title, @Nullable Accuracy accuracy) {
    if (accuracy != null) {
      out.printf(
          Locale.ROOT,
          "  %-30s %,8d %10.1f %10.1f %10.1f %11.1f%n",
          title,
          accuracy.rows(),
          100 * accuracy.top1(),
          100 * accuracy.top3(),
          100 * accuracy.top5(),
          100 * accuracy.capability());
    }
  }
}
