package dev.earshot.perf;

import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.ServerUse;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Load before anything counts: for as long as was asked for, and then until the JIT compilers of
 * both sides have little left to do. On a core that is busy with requests they take minutes, and up
 * to a third of it; what a server is like afterwards it is like for the rest of its life. On a core
 * that is full they get next to nothing, for requests go first: where a server does not keep up,
 * the next run is at half of the rate.
 *
 * <p>{@code while (warmUp.goesOn()) warmUp.ran(run(warmUp.rateShare() * rate, warmUp.seconds()))}
 */
final class WarmUp {
  /** Of a core, that compilers may still take. */
  private static final double CALM = 0.03;

  /** Of the requests, that a server answers in time which keeps up with them. */
  private static final double KEEPS_UP = 0.95;

  private static final double ROUND_SECONDS = 5;
  private static final double MOST_FURTHER_SECONDS = 150;

  private final ProgressLine progress;
  private final DoubleSupplier driverCompilers;
  private double next;
  private double rateShare = 1;
  private double further;
  private double driverBefore;
  private boolean began;

  /**
   * @param seconds at least; 0: no warm-up at all
   */
  WarmUp(double seconds, ProgressLine progress) {
    this(seconds, progress, WarmUp::driverCompilerSeconds);
  }

  /** For tests: with another clock of what the driver's compilers have taken. */
  WarmUp(double seconds, ProgressLine progress, DoubleSupplier driverCompilers) {
    this.progress = progress;
    this.driverCompilers = driverCompilers;
    next = seconds;
    driverBefore = driverCompilers.getAsDouble();
  }

  /** Whether a further run is needed. */
  boolean goesOn() {
    return next > 0;
  }

  /** How long it is to be. */
  double seconds() {
    return next;
  }

  /** Of the rate that the caller has in mind, what it is to be at. */
  double rateShare() {
    return rateShare;
  }

  /** Takes a run into account. */
  void ran(PhaseResult result) {
    ran(result.goodShare(), result.server());
  }

  /**
   * Takes a run into account.
   *
   * @param goodShare of its requests, those answered in time
   * @param use what the server took for it; null: its compilers are not heard of
   */
  void ran(double goodShare, @Nullable ServerUse use) {
    boolean keepsUp = goodShare >= KEEPS_UP;
    rateShare = keepsUp ? Math.min(1, 2 * rateShare) : rateShare / 2;
    double driver = (driverCompilers.getAsDouble() - driverBefore) / next;
    double server = use == null ? 0 : use.compilerSeconds() / next;
    boolean wasFirst = !began;
    began = true;
    driverBefore = driverCompilers.getAsDouble();
    boolean calm = keepsUp && server < CALM && driver < CALM && !wasFirst;
    if (calm || further >= MOST_FURTHER_SECONDS) {
      next = 0;
      return;
    }
    if (!wasFirst) {
      progress.note(
          String.format(
              Locale.ROOT,
              "compilers still take %.0f%% of a core at the server, %.0f%% here",
              100 * server,
              100 * driver));
    }
    further += ROUND_SECONDS;
    next = ROUND_SECONDS;
  }

  private static double driverCompilerSeconds() {
    CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
    return compilers == null ? 0 : compilers.getTotalCompilationTime() / 1e3;
  }
}
