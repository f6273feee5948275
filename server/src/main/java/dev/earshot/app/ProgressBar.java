package dev.earshot.app;

import dev.earshot.app.eval.EvalProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import picocli.CommandLine.Help.Ansi;

/**
 * Shows how far long work is: a bar that is drawn over and over on a terminal, else a line now and
 * then. Thread-safe.
 */
final class ProgressBar implements EvalProgress {
  private static final int WIDTH = 30;
  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration LINE = Duration.ofSeconds(10);

  private final PrintWriter err;
  private final boolean terminal;
  private final TextBar bar;
  private final LongSupplier nanoTime;

  private String what = "";
  private int steps;
  private int done;
  private long begun;
  private long shown;

  ProgressBar(PrintWriter err, boolean terminal, TextBar bar, LongSupplier nanoTime) {
    this.err = err;
    this.terminal = terminal;
    this.bar = bar;
    this.nanoTime = nanoTime;
  }

  /** On the standard error. */
  static ProgressBar onStandardError(PrintWriter err) {
    return new ProgressBar(err, isTerminal(), TextBar.forTerminal(), System::nanoTime);
  }

  /** Whether the standard error is a terminal. Java itself tells of the standard output alone. */
  private static boolean isTerminal() {
    try {
      String file = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return Ansi.AUTO.enabled();
    }
  }

  @Override
  public synchronized void begin(String what, int steps) {
    this.what = what;
    this.steps = steps;
    this.done = 0;
    this.begun = nanoTime.getAsLong();
    this.shown = begun;
  }

  @Override
  public synchronized void step() {
    done++;
    long now = nanoTime.getAsLong();
    if (now - shown >= (terminal ? REDRAW : LINE).toNanos()) {
      shown = now;
      show(now);
    }
  }

  @Override
  public synchronized void end() {
    show(nanoTime.getAsLong());
    if (terminal) {
      err.println();
      err.flush();
    }
  }

  private void show(long now) {
    double seconds = Math.max(1e-9, (now - begun) / 1e9);
    double rate = done / seconds;
    // The number of steps may have been an estimate.
    int all = Math.max(steps, done);
    String text =
        String.format(
            Locale.ROOT,
            "%-28s %,d of %,d (%,.0f/s, %s)",
            what,
            done,
            all,
            rate,
            done < all && done > 0
                ? "%d s left".formatted(Math.round((all - done) / rate))
                : "%.1f s".formatted(seconds));
    if (terminal) {
      err.print("\r" + bar.draw((double) done / Math.max(1, all), WIDTH) + " " + text + "\u001b[K");
    } else {
      err.println(text);
    }
    err.flush();
  }
}
