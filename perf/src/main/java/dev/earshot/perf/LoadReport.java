package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.micro.RuntimeFloor;
import dev.earshot.perf.micro.Stalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench load} measured.
 *
 * @param kind "load": tells result files apart
 * @param time when it began, ISO 8601
 * @param command that was given
 * @param setup what was sent, by whom, where
 * @param runs at a given rate
 * @param sweep capacity and the curve
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record LoadReport(
    String kind,
    String name,
    String time,
    String command,
    Machine machine,
    Map<String, Object> setup,
    List<PhaseResult> runs,
    @Nullable Sweep sweep,
    @Nullable Overload overload,
    @Nullable Floors floors) {
  static final String KIND = "load";

  /**
   * From low load to far too much.
   *
   * @param capacity the highest rate of which 99% were answered within the deadline
   * @param peakGoodput the most answers a second within the deadline, at any rate
   * @param driverBound whether the driver set the limit
   * @param answerCpuUs processor time of an answer at capacity, all else included
   * @param search the runs that found the capacity
   */
  record Sweep(
      double capacity,
      @JsonProperty("peak_goodput") double peakGoodput,
      @JsonProperty("driver_bound") boolean driverBound,
      @JsonProperty("answer_cpu_us") double answerCpuUs,
      List<PhaseResult> search,
      List<PhaseResult> curve) {
    /** Whether the capacity is the server's, and the driver kept to its schedule up to there. */
    boolean isValid() {
      return !(driverBound && capacity == 0)
          && curve.stream()
              .filter(result -> result.offered() <= capacity)
              .allMatch(PhaseResult::valid);
    }
  }

  /**
   * Bursts beyond capacity.
   *
   * @param peakGoodput that goodput is compared with: the most of {@code peakRuns}
   * @param peakRuns before the bursts, at the capacity and somewhat above; none in reports of
   *     before 2026-12
   * @param phases in the order in which they ran, without a pause between
   */
  record Overload(
      double capacity,
      @JsonProperty("peak_goodput") double peakGoodput,
      @JsonProperty("peak_runs") List<PhaseResult> peakRuns,
      List<PhaseResult> phases,
      List<Burst> bursts,
      @JsonProperty("rss_growth") double rssGrowth) {
    Overload {
      peakRuns = Objects.requireNonNullElse(peakRuns, List.of());
    }
  }

  /**
   * What a burst did.
   *
   * @param factor of capacity
   * @param goodputShare of the peak
   * @param refusalCpuUs what turning one request away takes of the processor, by what this burst
   *     and the one before it took; NaN of the first
   * @param refusalP99Us how soon a refusal comes
   * @param recoveryMs from the burst's end until p99 is as before; −1: not within the time watched
   */
  record Burst(
      double factor,
      @JsonProperty("goodput_share") double goodputShare,
      @JsonProperty("refusal_cpu_us") double refusalCpuUs,
      @JsonProperty("refusal_p99_us") double refusalP99Us,
      @JsonProperty("recovery_ms") int recoveryMs) {}

  /**
   * What lies below any server on this machine, measured where the server was.
   *
   * @param echo the same messages through grpc-java and nothing else, at the rates of the curve
   * @param runtime ONNX Runtime on the same graphs
   * @param stalls what the machine kept from any thread there, before the server and after it
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Floors(
      List<PhaseResult> echo, RuntimeFloor.@Nullable Times runtime, List<Stalls.Times> stalls) {
    public Floors {
      stalls = stalls == null ? List.of() : List.copyOf(stalls);
    }
  }

  /**
   * A run against the echo at the same rate.
   *
   * @param valid whether the driver kept to its schedule in both
   */
  record Beyond(String run, double p50Us, double p99Us, boolean valid) {}

  /** What the runs at a given rate take beyond the echo of their messages. */
  List<Beyond> beyondEcho() {
    if (floors == null || floors.echo.size() < runs.size()) {
      return List.of();
    }
    List<Beyond> all = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      // The echo runs at these rates first, in the same order.
      PhaseResult run = runs.get(i);
      PhaseResult echo = floors.echo.get(i);
      all.add(
          new Beyond(
              run.name(),
              run.latencyUs().p50() - echo.latencyUs().p50(),
              run.latencyUs().p99() - echo.latencyUs().p99(),
              run.valid() && echo.valid()));
    }
    return all;
  }

  boolean isValid() {
    return runs.stream().allMatch(PhaseResult::valid)
        && (sweep == null || sweep.isValid())
        && (overload == null || overload.phases.stream().allMatch(PhaseResult::valid));
  }
}
