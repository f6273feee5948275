package dev.earshot.batch;

import dev.earshot.deadline.Ticker;
import java.time.Duration;
import java.util.List;

/**
 * How long runs of one shape take by the number of their rows: {@code a·n + b}, fitted by least
 * squares in which an observation's weight falls with each later one (the normal equations of a
 * weighted linear regression, their sums decayed). How far observations lie off the line is kept as
 * TCP keeps it of round-trip times (RFC 6298): a bound is the line plus a multiple of the smoothed
 * absolute deviation.
 *
 * <p>What was measured while warming stays in the fit with a small weight, so that the line is
 * determined even where all batches are of one size; and where nothing was observed for a second it
 * alone counts, so that a fit that refuses all work is not kept for want of work. Warming itself
 * may have been slowed down by something else: where it is {@linkplain #doubt doubted}, a run
 * tells.
 *
 * <p>Thread-safe. Reading takes no lock.
 */
public final class CostModel {
  private static final double DECAY = 0.98;
  private static final double PRIOR_WEIGHT = 0.25;
  private static final double DEVIATION_GAIN = 1 / 16.0;
  private static final double DEVIATIONS = 4;

  /** A run may be delayed by anything. One that took longer counts as so many times the line. */
  private static final double MOST_TIMES = 4;

  /** Of the line; what a fit without observations may be off. */
  private static final double PRIOR_DEVIATION = 0.25;

  private static final long STALE_NANOS = Duration.ofSeconds(1).toNanos();

  private final Ticker ticker;
  private final Sums prior = new Sums();
  private volatile Line priorFit;

  /** Guarded by this, as what follows. */
  private boolean doubted;

  private final Sums recent = new Sums();

  private volatile Line fit;
  private volatile long observedNanos;

  /**
   * A measured run.
   *
   * @param rows at least 1
   */
  public record Observation(int rows, long nanos) {}

  /**
   * @param warm what was measured beforehand, at least one
   */
  public CostModel(Ticker ticker, List<Observation> warm) {
    if (warm.isEmpty()) {
      throw new IllegalArgumentException("warm: empty (expected: at least one observation)");
    }
    this.ticker = ticker;
    warm.forEach(run -> prior.add(run.rows, (double) run.nanos, PRIOR_WEIGHT));
    priorFit = fitOfPrior();
    fit = priorFit;
    observedNanos = ticker.nanoTime() - STALE_NANOS;
  }

  private Line fitOfPrior() {
    Line line = prior.fit(new Sums(), 0);
    return new Line(line.a, line.b, PRIOR_DEVIATION * line.at(1));
  }

  /**
   * Lets the next run, if it is faster, set the level of what was measured while warming; how that
   * depends on the number of rows stays.
   */
  public synchronized void doubt() {
    doubted = true;
  }

  private void setLevel(int rows, long nanos) {
    double level = nanos / priorFit.at(rows);
    if (level < 1) {
      prior.scale(level);
      priorFit = fitOfPrior();
      recent.decay(0);
      fit = priorFit;
    }
  }

  /** Takes a run into account. */
  public synchronized void observe(int rows, long nanos) {
    if (doubted) {
      doubted = false;
      setLevel(rows, nanos);
    }
    Line before = fit;
    double expected = before.at(rows);
    double observed = Math.min((double) nanos, Math.max(1, MOST_TIMES * expected));
    recent.decay(DECAY);
    recent.add(rows, observed, 1);
    double off = Math.abs(observed - expected);
    fit = prior.fit(recent, before.deviation + DEVIATION_GAIN * (off - before.deviation));
    observedNanos = ticker.nanoTime();
  }

  /** Nanoseconds that a run is expected to take; 0 for no rows. */
  public long expected(int rows) {
    return line(ticker.nanoTime()).expected(rows);
  }

  /** Nanoseconds that a run will hardly exceed; 0 for no rows. */
  public long bound(int rows) {
    Line line = line(ticker.nanoTime());
    return bound(line.expected(rows), line.variance(rows));
  }

  /**
   * Nanoseconds that runs one after the other will hardly exceed. Their bounds' sum would be what
   * they take if all are late at once; what one is late by is independent of the others.
   *
   * @param expectedNanos the sum of what they are expected to take
   * @param variance the sum of their variances
   */
  public static long bound(long expectedNanos, double variance) {
    return (long) (expectedNanos + DEVIATIONS * Math.sqrt(variance));
  }

  /** What holds at a time: who asks several models, or one several times, reads the clock once. */
  public Line line(long nowNanos) {
    return nowNanos - observedNanos >= STALE_NANOS ? priorFit : fit;
  }

  /**
   * What runs take by their rows. Immutable.
   *
   * @param a nanoseconds a row
   * @param b nanoseconds a run
   * @param deviation smoothed absolute deviation, nanoseconds
   */
  public record Line(double a, double b, double deviation) {
    private double at(int rows) {
      return a * rows + b;
    }

    /** Nanoseconds that a run is expected to take; 0 for no rows. */
    public long expected(int rows) {
      return rows == 0 ? 0 : (long) at(rows);
    }

    /** The square of how far runs lie off the line on average, in nanoseconds²; 0 for no rows. */
    public double variance(int rows) {
      return rows == 0 ? 0 : deviation * deviation;
    }
  }

  /** Weighted sums of rows (n) and times (t). */
  private static final class Sums {
    private double w;
    private double wn;
    private double wnn;
    private double wt;
    private double wnt;

    void add(double n, double t, double weight) {
      w += weight;
      wn += weight * n;
      wnn += weight * n * n;
      wt += weight * t;
      wnt += weight * n * t;
    }

    void decay(double factor) {
      w *= factor;
      wn *= factor;
      wnn *= factor;
      wt *= factor;
      wnt *= factor;
    }

    /** As if all had taken so many times as long. */
    void scale(double times) {
      wt *= times;
      wnt *= times;
    }

    /** The line through these and further sums; neither slope nor intercept is negative. */
    Line fit(Sums further, double deviation) {
      double sw = w + further.w;
      double sn = wn + further.wn;
      double snn = wnn + further.wnn;
      double st = wt + further.wt;
      double snt = wnt + further.wnt;
      double determinant = sw * snn - sn * sn;
      if (determinant <= 1e-9 * sw * snn) {
        // One size alone: as if a run cost nothing beyond its rows.
        return new Line(snt / snn, 0, deviation);
      }
      double a = (sw * snt - sn * st) / determinant;
      double b = (st - a * sn) / sw;
      if (a < 0) {
        return new Line(0, st / sw, deviation);
      }
      if (b < 0) {
        return new Line(snt / snn, 0, deviation);
      }
      return new Line(a, b, deviation);
    }
  }
}
