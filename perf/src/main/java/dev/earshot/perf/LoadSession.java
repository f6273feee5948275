package dev.earshot.perf;

import dev.earshot.perf.load.CapacitySearch;
import dev.earshot.perf.load.LoadDriver;
import dev.earshot.perf.load.Phase;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.ServerUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A driver connected to one server, and the measurements that are made of several runs. */
final class LoadSession implements AutoCloseable {
  private static final int WINDOW_MS = 100;

  /** Windows in a row that must be as before the burst, for it to be over. */
  private static final int CALM_WINDOWS = 3;

  private static final Duration CALM = Duration.ofSeconds(5);

  /** Where the most answers are looked for that can be had in time, as parts of the capacity. */
  private static final List<Double> PEAK_LOADS = List.of(1.0, 1.2, 1.5);

  /** In seconds. */
  private static final double SHORTEST_PEAK = 3;

  /** Of a run in which the driver is behind its schedule. */
  private static final int TRIES = 4;

  private final LoadDriver driver;
  private final ServerUse.@Nullable Meter meter;
  private final ProgressLine progress;

  LoadSession(LoadDriver driver, ServerUse.@Nullable Meter meter, ProgressLine progress) {
    this.driver = driver;
    this.meter = meter;
    this.progress = progress;
  }

  PhaseResult run(String name, double rate, double seconds) throws InterruptedException {
    return run(List.of(Phase.of(name, rate, seconds(seconds)))).get(0);
  }

  /** Runs until the driver was on its schedule, a few times at most: else it says nothing. */
  PhaseResult runValid(String name, double rate, double seconds) throws InterruptedException {
    PhaseResult result = run(name, rate, seconds);
    for (int tries = 1; tries < TRIES && !result.valid(); tries++) {
      result = run(name, rate, seconds);
    }
    return result;
  }

  List<PhaseResult> run(List<Phase> phases) throws InterruptedException {
    // So that this JVM need not collect while it drives.
    System.gc();
    List<PhaseResult> results = driver.run(phases, meter, progress);
    results.forEach(progress::done);
    return results;
  }

  /** Runs without keeping the result, until the compilers of both sides have done their work. */
  void warmUp(double rate, double seconds) throws InterruptedException {
    WarmUp warmUp = new WarmUp(seconds, progress);
    while (warmUp.goesOn()) {
      warmUp.ran(run("warm-up", warmUp.rateShare() * rate, warmUp.seconds()));
    }
  }

  CapacitySearch.Capacity capacity(double firstRate, double seconds) throws InterruptedException {
    return new CapacitySearch(firstRate, 1.05).run(rate -> run("finding capacity", rate, seconds));
  }

  /**
   * Loads from a tenth of the capacity to twice as much, and what comes of it.
   *
   * @param warmUpSeconds at half of the capacity, once that is found; 0: not at all
   */
  LoadReport.Sweep sweep(double firstRate, List<Double> loads, double seconds, double warmUpSeconds)
      throws InterruptedException {
    CapacitySearch.Capacity found = capacity(firstRate, Math.min(seconds, 3));
    double capacity = found.rate();
    progress.note(String.format(Locale.ROOT, "capacity: %,.0f a second", capacity));
    if (capacity > 0) {
      // Too much load has led the server ways that it had not come; they are being compiled.
      warmUp(capacity / 2, warmUpSeconds);
    }
    List<PhaseResult> curve = new ArrayList<>();
    double peak = found.peakGoodput();
    double answerCpu = Double.NaN;
    if (capacity > 0) {
      for (double load : loads) {
        PhaseResult point =
            runValid(String.format(Locale.ROOT, "%.0f%%", 100 * load), load * capacity, seconds);
        curve.add(point);
        peak = point.valid() ? Math.max(peak, point.goodput()) : peak;
        if (load == 1) {
          answerCpu = answerCpuUs(point);
        }
      }
    }
    return new LoadReport.Sweep(
        round(capacity), round(peak), found.driverBound(), round(answerCpu), found.trials(), curve);
  }

  /**
   * Half the capacity, a burst, half, the next burst, half, without a pause. Their goodput is
   * compared with the most at {@link #PEAK_LOADS}, for a third of a burst's time each: of the
   * search's many short trials the best is what luck made of it.
   */
  LoadReport.Overload overload(double capacity, List<Double> factors, double seconds)
      throws InterruptedException {
    List<PhaseResult> peakRuns = new ArrayList<>();
    double peak = 0;
    for (double load : PEAK_LOADS) {
      PhaseResult result =
          runValid(
              String.format(Locale.ROOT, "%.0f%%", 100 * load),
              load * capacity,
              Math.max(SHORTEST_PEAK, seconds / PEAK_LOADS.size()));
      peakRuns.add(result);
      peak = Math.max(peak, result.goodput());
    }
    List<Phase> phases = new ArrayList<>();
    Phase calm = Phase.of("50%", capacity / 2, CALM).withTimeline();
    phases.add(calm);
    for (double factor : factors) {
      phases.add(
          Phase.of(
              String.format(Locale.ROOT, "%.0f×", factor), factor * capacity, seconds(seconds)));
      phases.add(calm);
    }
    List<PhaseResult> results = run(phases);
    List<LoadReport.Burst> bursts = new ArrayList<>();
    for (int i = 0; i < factors.size(); i++) {
      PhaseResult burst = results.get(1 + 2 * i);
      bursts.add(
          new LoadReport.Burst(
              factors.get(i),
              Math.round(1_000 * burst.goodput() / peak) / 1_000.0,
              i == 0 ? Double.NaN : round(refusalCpuUs(results.get(2 * i - 1), burst)),
              burst.refusalUs().p99(),
              recoveryMs(results.get(0), results.get(2 + 2 * i))));
    }
    ServerUse first = results.get(0).server();
    ServerUse last = results.get(results.size() - 1).server();
    double growth =
        first == null || last == null
            ? Double.NaN
            : (double) (last.rssAfter() - first.rssBefore()) / first.rssBefore();
    return new LoadReport.Overload(
        round(capacity), round(peak), peakRuns, results, bursts, Math.round(growth * 1e4) / 1e4);
  }

  /** Processor time of an answer, all else included, in µs; NaN where it is not known. */
  static double answerCpuUs(PhaseResult result) {
    ServerUse use = result.server();
    long answers = result.full() + result.degraded();
    return use == null || answers == 0 ? Double.NaN : 1e6 * use.cpuSeconds() / answers;
  }

  /**
   * Processor time of a refusal, in µs: by which two bursts differ that keep the server as busy
   * with answers, since what an answer takes under overload is not what it takes elsewhere. NaN
   * where that is not known.
   */
  static double refusalCpuUs(PhaseResult less, PhaseResult more) {
    ServerUse useOfLess = less.server();
    ServerUse useOfMore = more.server();
    if (useOfLess == null || useOfMore == null || more.refused() < 2 * less.refused()) {
      return Double.NaN;
    }
    double answersOfLess = less.full() + less.degraded();
    double answersOfMore = more.full() + more.degraded();
    // Answers and refusals make up both: two equations.
    return 1e6
        * (useOfMore.cpuSeconds() * answersOfLess - useOfLess.cpuSeconds() * answersOfMore)
        / (more.refused() * answersOfLess - less.refused() * answersOfMore);
  }

  /**
   * The time after which three windows of 100 ms in a row are no slower at p99 than the slowest one
   * before the burst.
   */
  static int recoveryMs(PhaseResult before, PhaseResult after) {
    double normal = 0;
    for (var window : before.timeline().windows(WINDOW_MS)) {
      if (window.p99Us() < Double.POSITIVE_INFINITY) {
        normal = Math.max(normal, window.p99Us());
      }
    }
    var windows = after.timeline().windows(WINDOW_MS);
    int calm = 0;
    for (var window : windows) {
      calm = window.p99Us() <= normal ? calm + 1 : 0;
      if (calm == CALM_WINDOWS) {
        return window.fromMs() - (CALM_WINDOWS - 1) * WINDOW_MS;
      }
    }
    return -1;
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  private static double round(double value) {
    return Double.isNaN(value) ? value : Math.round(value * 10) / 10.0;
  }

  @Override
  public void close() {
    driver.close();
  }
}
