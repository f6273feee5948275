package dev.earshot.perf.load;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What became of the requests of a phase. Each is counted once: full, degraded, refused, late or
 * failed.
 *
 * @param offered requests a second that were scheduled to be sent
 * @param full answered within the deadline, nothing missing
 * @param degraded answered within the deadline and marked
 * @param missing how often each mark came up
 * @param refused turned away by the server: RESOURCE_EXHAUSTED, or DEADLINE_EXCEEDED while there
 *     was time left
 * @param refusedWith the same by status
 * @param late not answered within the deadline
 * @param failed other errors, by status
 * @param goodput full and degraded answers a second
 * @param latencyUs from the scheduled time to the answer, or to when the client gave up; refusals
 *     and failures are not in it
 * @param refusalUs from the scheduled time to the refusal
 * @param lagUs from the scheduled time to the sending: the driver's own fault
 * @param valid whether {@code lagUs} stays below 1 ms at p99; else the rest means nothing
 * @param stagesUs means of the server's own account
 * @param responseBytes mean size of an answer
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PhaseResult(
    String name,
    double offered,
    double seconds,
    long scheduled,
    long full,
    long degraded,
    Map<String, Long> missing,
    long refused,
    @JsonProperty("refused_with") Map<String, Long> refusedWith,
    long late,
    Map<String, Long> failed,
    double goodput,
    @JsonProperty("latency_us") Quantiles latencyUs,
    @JsonProperty("refusal_us") Quantiles refusalUs,
    @JsonProperty("lag_us") Quantiles lagUs,
    boolean valid,
    @JsonProperty("stages_us") @Nullable Stages stagesUs,
    @JsonProperty("response_bytes") long responseBytes,
    @Nullable ServerUse server,
    @JsonIgnore Timeline timeline) {
  /** The most that the driver may be behind its schedule, at p99, in µs. */
  public static final double MAX_LAG_US = 1_000;

  /** Mean times of the server's stages, in µs. */
  public record Stages(
      double queue, double profile, double encode, double attend, double classify, double total) {}

  /** The share of the scheduled requests that were answered within the deadline. */
  @JsonIgnore
  public double goodShare() {
    return scheduled == 0 ? 1 : (double) (full + degraded) / scheduled;
  }

  /** The share that was neither answered within the deadline nor refused. */
  @JsonIgnore
  public double lateShare() {
    return scheduled == 0 ? 0 : (double) (scheduled - full - degraded - refused) / scheduled;
  }

  static PhaseResult of(
      Phase phase, double seconds, List<Recorder> recorders, @Nullable ServerUse server) {
    Histogram latency = Recorder.histogram();
    Histogram refusals = Recorder.histogram();
    Histogram lag = Recorder.histogram();
    Map<String, Long> missing = new TreeMap<>();
    Map<String, Long> refusedWith = new TreeMap<>();
    Map<String, Long> failed = new TreeMap<>();
    Timeline timeline = new Timeline();
    long scheduled = 0;
    long full = 0;
    long degraded = 0;
    long refused = 0;
    long late = 0;
    long bytes = 0;
    long accounts = 0;
    long[] stages = new long[Recorder.STAGES];
    for (Recorder recorder : recorders) {
      latency.add(recorder.latency);
      refusals.add(recorder.refusals);
      lag.add(recorder.lag);
      recorder.missing.forEach((name, count) -> missing.merge(name, count, Long::sum));
      recorder.refusedWith.forEach((name, count) -> refusedWith.merge(name, count, Long::sum));
      recorder.failed.forEach((name, count) -> failed.merge(name, count, Long::sum));
      timeline.addAll(recorder.timeline);
      scheduled += recorder.scheduled;
      full += recorder.full;
      degraded += recorder.degraded;
      refused += recorder.refused;
      late += recorder.late;
      bytes += recorder.responseBytes;
      accounts += recorder.accounts;
      for (int i = 0; i < stages.length; i++) {
        stages[i] += recorder.stages[i];
      }
    }
    Quantiles lagUs = Quantiles.ofNanos(lag);
    return new PhaseResult(
        phase.name(),
        rounded(scheduled / seconds),
        seconds,
        scheduled,
        full,
        degraded,
        missing,
        refused,
        refusedWith,
        late,
        failed,
        rounded((full + degraded) / seconds),
        Quantiles.ofNanos(latency),
        Quantiles.ofNanos(refusals),
        lagUs,
        lagUs.p99() < MAX_LAG_US,
        accounts == 0 ? null : means(stages, accounts),
        full + degraded == 0 ? 0 : bytes / (full + degraded),
        server,
        timeline);
  }

  private static Stages means(long[] sums, long count) {
    return new Stages(
        rounded((double) sums[0] / count),
        rounded((double) sums[1] / count),
        rounded((double) sums[2] / count),
        rounded((double) sums[3] / count),
        rounded((double) sums[4] / count),
        rounded((double) sums[5] / count));
  }

  private static double rounded(double value) {
    return Math.round(value * 10) / 10.0;
  }
}
