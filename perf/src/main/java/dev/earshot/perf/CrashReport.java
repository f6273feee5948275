package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.perf.crash.CrashRun;
import dev.earshot.perf.crash.Findings;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench crash} found.
 *
 * @param acknowledged writes of all rounds
 * @param unanswered writes that were under way at the kills
 * @param findings of every round's check and the last, whole one
 * @param recoveryMs from a killed server's next start until it serves
 */
record CrashReport(
    String kind,
    String name,
    String time,
    String command,
    Machine machine,
    Map<String, Object> setup,
    long acknowledged,
    long unanswered,
    Findings findings,
    @JsonProperty("first_start_ms") double firstStartMs,
    @JsonProperty("recovery_ms") Recovery recoveryMs,
    List<CrashRun.Round> rounds) {
  static final String KIND = "crash";

  /** Over the rounds. */
  record Recovery(double median, double max) {
    static Recovery of(List<CrashRun.Round> rounds) {
      double[] all = rounds.stream().mapToDouble(CrashRun.Round::recoveryMs).sorted().toArray();
      return new Recovery(all[(all.length - 1) / 2], all[all.length - 1]);
    }
  }

  static CrashReport of(
      String name,
      String time,
      String command,
      Machine machine,
      Map<String, Object> setup,
      CrashRun.Result result) {
    return new CrashReport(
        KIND,
        name,
        time,
        command,
        machine,
        setup,
        result.acknowledged(),
        result.unanswered(),
        result.findings(),
        result.firstStartMs(),
        Recovery.of(result.rounds()),
        result.rounds());
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
    text.append(".\n\n| rounds | acknowledged | under way at a kill | looked for | lost | doubled");
    text.append(" | out of order | never written | removed, and back |\n");
    text.append("|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    out.format(
        "| %,d | %,d | %,d | %,d | **%,d** | **%,d** | %,d | %,d | %,d |%n",
        rounds.size(),
        acknowledged,
        unanswered,
        findings.checked(),
        findings.lost(),
        findings.doubled(),
        findings.misordered(),
        findings.strange(),
        findings.revived());
    out.format(
        "%nFrom a start after a kill until it serves: median %.1f s, at most %.1f s; on an empty"
            + " store %.1f s.%n",
        recoveryMs.median / 1e3, recoveryMs.max / 1e3, firstStartMs / 1e3);
    findings.examples().forEach(example -> out.format("%n* %s", example));
    return findings.examples().isEmpty() ? text.toString() : text.append('\n').toString();
  }
}
