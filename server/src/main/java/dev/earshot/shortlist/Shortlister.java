package dev.earshot.shortlist;

import dev.earshot.batch.BatchListener;
import dev.earshot.batch.Callers;
import dev.earshot.catalog.ModelServer;
import dev.earshot.catalog.ServedModel;
import dev.earshot.core.Foreground;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Refusal;
import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TimerError;
import dev.earshot.model.ShortlistModel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Answers which few skills could handle an utterance. The caller's thread decides what the request
 * can get in its time, tokenises, and looks the user up; a worker does the rest. While a profile is
 * not there, the utterance is encoded; if it is not there when only the reserve is left, it is done
 * without, and the answer says so.
 *
 * <p>Thread-safe; no method blocks but {@link #prepare} and {@link #close}. Answers fail with
 * {@link Refusal}, or with {@link dev.earshot.model.InferenceException} if the runtime failed.
 */
public final class Shortlister implements ModelServer, AutoCloseable {
  private static final int WARMED_USERS = 10_000;
  private static final Duration WARMING = Duration.ofSeconds(5);

  private final Function<ShortlistModel, UserSummaries> summaries;
  private final ScheduledExecutorService timers;
  private final TimerError timerError;
  private final Ticker ticker;
  private final Foreground foreground;
  private final BatchListener listener;
  private final Options options;
  private final Callers callers = new Callers();

  private final ExecutorService closer =
      Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "earshot-closer");
        thread.setDaemon(true);
        return thread;
      });

  private volatile ShortlistEngine engine;

  /**
   * Sizes of the machinery.
   *
   * @param workers how many batches run at the same time
   * @param batchMax the most requests of a batch
   * @param queueMax the most requests that wait
   * @param slo what requests without a deadline get; a batch is planned for a quarter of it
   * @param maxRun what a batch may take before it is terminated; zero: what the SLO and the bundle
   *     suggest
   * @param linger how long a request may be kept for others to join its batch; zero: not at all
   */
  public record Options(
      int workers, int batchMax, int queueMax, Duration slo, Duration maxRun, Duration linger) {}

  /** What the machinery stands on; requests count in foreground. */
  public record Clockwork(
      ScheduledExecutorService timers,
      TimerError timerError,
      Ticker ticker,
      Foreground foreground) {}

  /**
   * Starts the workers of a first bundle.
   *
   * @param summaries makes a bundle's summaries
   * @param clockwork its timers fire where a profile keeps a request waiting, and now and then
   *     while there is work; their tasks are short
   */
  public Shortlister(
      ServedModel first,
      Function<ShortlistModel, UserSummaries> summaries,
      Clockwork clockwork,
      BatchListener listener,
      Options options)
      throws InterruptedException {
    this.summaries = summaries;
    this.timers = clockwork.timers;
    this.timerError = clockwork.timerError;
    this.ticker = clockwork.ticker;
    this.foreground = clockwork.foreground;
    this.listener = listener;
    this.options = options;
    engine = engine(first);
    engine.awaitReady();
  }

  /**
   * Starts workers for another bundle and loads the summaries of the users who ask most.
   *
   * <p>For a moment both bundles' workers run; the old ones only end what they have begun.
   */
  @Override
  public Standby prepare(ServedModel next) throws InterruptedException {
    ShortlistEngine standby = engine(next);
    standby.awaitReady();
    standby.summaries().warm(engine.summaries(), WARMED_USERS, WARMING);
    return () -> {
      ShortlistEngine old = engine;
      engine = standby;
      // Whoever answers the old one's last request cannot wait for its workers.
      return old.retire().thenRunAsync(old::close, closer);
    };
  }

  private ShortlistEngine engine(ServedModel served) {
    return new ShortlistEngine(
        served, summaries.apply(served.model()), timers, timerError, ticker, listener, options);
  }

  /** The answer to a query of no caller in particular. */
  public CompletableFuture<Shortlist> shortlist(ShortlistQuery query, Budget budget) {
    return shortlist(query, budget, "");
  }

  /**
   * The answer to a query; cancelling the future drops the work if it has not begun.
   *
   * @param caller who asks; under load, callers get equal parts
   */
  public CompletableFuture<Shortlist> shortlist(
      ShortlistQuery query, Budget budget, String caller) {
    CompletableFuture<Shortlist> answer = new CompletableFuture<>();
    foreground.add(answer);
    ShortlistEngine held = engine;
    while (!held.hold()) {
      held = engine;
    }
    ShortlistEngine holding = held;
    answer.whenComplete((shortlist, failure) -> holding.release());
    long served = holding.served().catalogVersion();
    if (query.minCatalogVersion() > served) {
      answer.completeExceptionally(
          new Refusal(
              Refusal.Reason.CATALOG_BEHIND,
              "min_catalog_version: " + query.minCatalogVersion() + " (served: " + served + ")"));
      return answer;
    }
    holding.answer(query, budget, callers.share(caller), answer);
    return answer;
  }

  /** How many requests wait for a worker. */
  public int waiting() {
    return engine.waiting();
  }

  /** Whether requests come faster than one by one, and one that came now would wait. */
  public boolean isBehind() {
    return engine.isBehind();
  }

  /** What is kept back of each budget now, in nanoseconds. */
  public long reserveNanos() {
    return engine.reserveNanos();
  }

  /** What admission leaves of the time of a request that has to wait, in nanoseconds. */
  public long marginNanos() {
    return engine.marginNanos();
  }

  /** What a batch may take before it is terminated. */
  public Duration maxRun() {
    return engine.maxRun();
  }

  /** The users' summaries against the bundle that answers. */
  public UserSummaries summaries() {
    return engine.summaries();
  }

  /** Answers what waits, then stops the workers. */
  @Override
  public void close() {
    engine.close();
    // What is being closed there is closed before the model below it.
    closer.shutdown();
    boolean interrupted = false;
    while (!closer.isTerminated()) {
      try {
        if (closer.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
