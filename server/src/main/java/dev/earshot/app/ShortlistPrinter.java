package dev.earshot.app;

import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistedSkill;
import dev.earshot.v1.Timings;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Prints a shortlist for people. */
final class ShortlistPrinter {
  private static final int BAR = 16;

  private final PrintWriter out;
  private final TextBar bar;

  ShortlistPrinter(PrintWriter out, TextBar bar) {
    this.out = out;
    this.bar = bar;
  }

  /**
   * Prints the skills, what is missing and where the time went.
   *
   * @param seen from call to answer as this program saw it
   */
  void print(ShortlistResponse response, Duration seen) {
    List<ShortlistedSkill> skills = response.getSkillsList();
    int width = skills.stream().mapToInt(skill -> skill.getName().length()).max().orElse(0);
    int rank = 0;
    for (ShortlistedSkill skill : skills) {
      out.printf(
          Locale.ROOT,
          "%3d  %s %5.1f%%  %-" + Math.max(1, Math.min(40, width)) + "s  %s%s%n",
          ++rank,
          bar.draw(skill.getProbability(), BAR),
          100 * skill.getProbability(),
          skill.getName(),
          skill.getSkillId(),
          skill.getEnabled() ? "  [enabled]" : "");
    }
    out.printf(
        Locale.ROOT,
        "     %s %5.1f%%  no skill seems right%s%n",
        bar.draw(response.getOutOfScopeProbability(), BAR),
        100 * response.getOutOfScopeProbability(),
        response.getOutOfScope() ? ": OUT OF SCOPE" : "");
    DegradationPrinter.print(out, "", response.getDegradation());
    printTimings(response.getTimings(), seen);
    out.printf(
        "bundle %s, catalogue version %d%n",
        response.getBundleVersion(), response.getCatalogVersion());
  }

  private void printTimings(Timings timings, Duration seen) {
    out.printf(
        Locale.ROOT,
        "%.2f ms in the server (queue %.2f, profile %.2f, encode %.2f, attend %.2f, classify %.2f),"
            + " %.1f ms seen from here%n",
        timings.getTotalUs() / 1e3,
        timings.getQueueUs() / 1e3,
        timings.getProfileUs() / 1e3,
        timings.getEncodeUs() / 1e3,
        timings.getAttendUs() / 1e3,
        timings.getClassifyUs() / 1e3,
        seen.toNanos() / 1e6);
  }
}
