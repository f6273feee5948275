package dev.earshot.perf;

import dev.earshot.perf.load.LoadDriver;
import dev.earshot.perf.load.PhaseResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * How a load goes on: a line that is rewritten on a terminal, and appears now and then elsewhere.
 */
final class ProgressLine implements LoadDriver.Progress {
  private static final int QUIET_TICKS = 20;

  private final PrintWriter err;
  private final boolean terminal;
  private int ticks;

  ProgressLine(PrintWriter err) {
    this.err = err;
    this.terminal = isTerminal();
  }

  @Override
  public void at(LoadDriver.Tick tick) {
    ticks++;
    if (terminal) {
      err.print("\r\u001b[K" + line(tick.soFar(), tick));
      err.flush();
    } else if (ticks % QUIET_TICKS == 0) {
      err.println(line(tick.soFar(), tick));
      err.flush();
    }
  }

  /** Java tells of the standard output alone; Linux of both. */
  private static boolean isTerminal() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/2")).startsWith("/dev/pts");
    } catch (IOException e) {
      return false;
    }
  }

  private static String line(PhaseResult soFar, LoadDriver.Tick tick) {
    return String.format(
            Locale.ROOT,
            "  %s %.1f/%.0f s: ",
            soFar.name(),
            tick.elapsed().toMillis() / 1e3,
            tick.phase().duration().toMillis() / 1e3)
        + numbers(soFar);
  }

  /** A finished phase, which stays. */
  void done(PhaseResult result) {
    err.println((terminal ? "\r\u001b[K" : "") + "  " + result.name() + ": " + numbers(result));
    err.flush();
  }

  void note(String text) {
    err.println((terminal ? "\r\u001b[K" : "") + text);
    err.flush();
  }

  private static String numbers(PhaseResult result) {
    return String.format(
        Locale.ROOT,
        "%,.0f/s offered, %,.0f/s good, p50 %.2f ms, p99 %.2f ms, %.2f%% refused, %.2f%% late"
            + " or failed, driver's lag p99 %.2f ms%s",
        result.offered(),
        result.goodput(),
        result.latencyUs().p50() / 1e3,
        result.latencyUs().p99() / 1e3,
        result.scheduled() == 0 ? 0 : 100.0 * result.refused() / result.scheduled(),
        100 * result.lateShare(),
        result.lagUs().p99() / 1e3,
        result.valid() ? "" : " INVALID");
  }
}
