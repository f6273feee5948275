package dev.earshot.shortlist;

import static java.util.Objects.requireNonNull;

import dev.earshot.batch.Admission;
import dev.earshot.batch.Admission.Decision;
import dev.earshot.batch.Admission.Verdict;
import dev.earshot.batch.BatchListener;
import dev.earshot.batch.Callers;
import dev.earshot.batch.Lane;
import dev.earshot.batch.MicroBatcher;
import dev.earshot.catalog.ServedModel;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.deadline.Refusal;
import dev.earshot.deadline.Reserve;
import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TimerError;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.LoadReport.WarmShape;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.shortlist.ShortlistQuery.WeightedText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One bundle, ready to answer: its workers, what they take, its users' summaries. It is replaced as
 * a whole; what has begun ends where it began.
 *
 * <p>Thread-safe; no method blocks but {@link #awaitReady} and {@link #close}.
 */
final class ShortlistEngine implements AutoCloseable {
  private static final Duration SHORTEST_TICK = Duration.ofMillis(1);
  private static final int SENDING_PART = 4;

  /** Between two runs on the engine's own account, at least. */
  private static final Duration TRIAL_PAUSE = Duration.ofSeconds(1);

  private final ServedModel served;
  private final UserSummaries summaries;
  private final ScheduledExecutorService timers;
  private final TimerError timerError;
  private final Ticker ticker;
  private final Lane<ShortlistJob> lane;
  private final ShortlistCosts costs;
  private final MicroBatcher batcher;
  private final Admission admission;
  private final Reserve reserve;
  private final Duration maxRun;
  private final long tickNanos;

  private final Missing ofFirstTurns = new Missing(Degradation.NONE);
  private final Missing ofFollowUps =
      new Missing(Degradation.NONE.without(Degradation.Context.DIALOGUE, Reason.NOT_FOUND));

  /** Whether a tick is to come. */
  private final AtomicBoolean ticking = new AtomicBoolean();

  /** When the engine last ran something on its own account. */
  private final AtomicLong triedOutNanos;

  /** Requests that were begun and not answered, and 1 until the engine is retired. */
  private final AtomicLong holders = new AtomicLong(1);

  private final CompletableFuture<Void> unused = new CompletableFuture<>();

  ShortlistEngine(
      ServedModel served,
      UserSummaries summaries,
      ScheduledExecutorService timers,
      TimerError timerError,
      Ticker ticker,
      BatchListener listener,
      Shortlister.Options options) {
    this.served = served;
    this.summaries = summaries;
    this.timers = timers;
    this.timerError = timerError;
    this.ticker = ticker;
    triedOutNanos = new AtomicLong(ticker.nanoTime() - TRIAL_PAUSE.toNanos());
    List<WarmShape> warm = served.model().report().shapes();
    Duration planned = options.slo().dividedBy(4);
    maxRun = options.maxRun().isZero() ? maxRun(warm, planned) : options.maxRun();
    tickNanos =
        Math.max(
            SHORTEST_TICK.toNanos(), Math.min(maxRun.toNanos() / 4, options.slo().toNanos() / 8));
    int batchMax = options.batchMax();
    costs = new ShortlistCosts(warm, batchMax, planned.toNanos(), ticker);
    lane =
        new Lane<>(
            "shortlist",
            batchMax,
            () ->
                new ShortlistRunner(
                    served, batchMax, costs, reserve(), ticker, this::runContextFree));
    // The workers' threads read what is set before they are started.
    reserve = new Reserve(ticker, this::untilFreeNanos, timerError);
    batcher =
        new MicroBatcher(
            new MicroBatcher.Options(
                "earshot-worker",
                options.workers(),
                options.queueMax(),
                planned,
                maxRun,
                options.linger()),
            ticker,
            List.of(lane),
            listener);
    admission = new Admission(batcher);
  }

  private Reserve reserve() {
    return reserve;
  }

  private long untilFreeNanos() {
    return batcher.untilFreeNanos();
  }

  /**
   * A quarter of the SLO, but at least twice the longest warm run among those that a batch is
   * planned for: a single request, or what is predicted to stay below the quarter.
   */
  static Duration maxRun(List<WarmShape> warm, Duration planned) {
    long longest = 0;
    for (WarmShape shape : warm) {
      if (shape.batch() == 1 || shape.runNanos() <= planned.toNanos()) {
        longest = Math.max(longest, shape.longestNanos());
      }
    }
    return Duration.ofNanos(Math.max(planned.toNanos(), 2 * longest));
  }

  ServedModel served() {
    return served;
  }

  UserSummaries summaries() {
    return summaries;
  }

  Duration maxRun() {
    return maxRun;
  }

  int waiting() {
    return batcher.waiting();
  }

  /** Whether requests come faster than one by one. */
  boolean isBehind() {
    return batcher.isBehind();
  }

  long reserveNanos() {
    return reserve.nanos(0);
  }

  long marginNanos() {
    return admission.marginNanos();
  }

  void awaitReady() throws InterruptedException {
    batcher.awaitReady();
  }

  /**
   * Holds the engine for one request.
   *
   * @return false if it is retired: another one answers
   */
  boolean hold() {
    while (true) {
      long count = holders.get();
      if (count == 0) {
        return false;
      }
      if (holders.compareAndSet(count, count + 1)) {
        return true;
      }
    }
  }

  void release() {
    if (holders.decrementAndGet() == 0) {
      unused.complete(null);
    }
  }

  /** Takes no more requests; the stage completes when the last one is answered. */
  CompletionStage<Void> retire() {
    release();
    return unused;
  }

  /** Answers a query whose budget runs; the engine is held by the caller until it is answered. */
  void answer(
      ShortlistQuery query,
      Budget budget,
      Callers.Share caller,
      CompletableFuture<Shortlist> answer) {
    long start = budget.ticker().nanoTime();
    long sendingNanos = sendingNanos(budget);
    long dueNanos = budget.deadlineNanos() - sendingNanos;
    // Where nothing could be done in time, its text need not be looked at.
    Decision atBest =
        admission.decide(dueNanos, dueNanos - start, costs.leastOf(query.maxSkills()), caller);
    if (isRefused(atBest, answer)) {
      tryOut(atBest, WeightedTexts.of(served.model().tokenizer().tokenize("")), query.maxSkills());
      return;
    }
    WeightedTexts texts = tokenize(query.hypotheses());
    long now = budget.ticker().nanoTime();
    ShortlistJob job =
        new ShortlistJob(texts, query.maxSkills(), budget, sendingNanos, now - start, answer);
    Decision decision = admission.decide(dueNanos, dueNanos - now, costs.of(job), caller);
    if (isRefused(decision, answer)) {
      tryOut(decision, texts, query.maxSkills());
      return;
    }
    new Request(query, job, caller, decision).begin();
  }

  /**
   * Where nothing is in the way of a request and yet it was refused for what it would take, the
   * engine runs the like of it on its own account, now and then. It believes earlier runs, and if
   * it refuses all, there are no later ones: a server that was warmed while its machine was busy
   * would never answer.
   */
  private void tryOut(Decision refusal, WeightedTexts texts, int maxSkills) {
    if (refusal.verdict() != Verdict.TOO_SHORT || refusal.waitNanos() > 0) {
      return;
    }
    long now = ticker.nanoTime();
    long last = triedOutNanos.get();
    if (now - last < TRIAL_PAUSE.toNanos() || !triedOutNanos.compareAndSet(last, now)) {
      return;
    }
    Budget budget = Budget.startingNow(ticker, TRIAL_PAUSE);
    ShortlistJob trial =
        new ShortlistJob(texts, maxSkills, budget, 0, 0, new CompletableFuture<>());
    boolean unused = trial.resolve(EnabledSkills.NONE, Degradation.NONE);
    costs.doubt(trial);
    enqueue(trial, null);
  }

  /** Refuses where that was decided. */
  private static boolean isRefused(Decision decision, CompletableFuture<Shortlist> answer) {
    Refusal refusal =
        switch (decision.verdict()) {
          case FULL, DEGRADED -> null;
          case TOO_SHORT ->
              new Refusal(Refusal.Reason.DEADLINE, "the budget is too short for any answer");
          case OVERLOADED ->
              Refusal.overload(
                  "too much is waiting for an answer in time", decision.retryDelayNanos(), false);
          case UNFAIR ->
              Refusal.overload(
                  "too many of this caller's requests are waiting",
                  decision.retryDelayNanos(),
                  decision.retryMeetsDeadline());
        };
    return refusal != null && answer.completeExceptionally(refusal);
  }

  /**
   * What to keep back for the way to the caller: a loop that gets to its timers late gets to
   * sending late, and got to the request late. A short budget gives no more than a part to it.
   */
  private long sendingNanos(Budget budget) {
    return Math.max(0, Math.min(timerError.nanos(), budget.remainingNanos() / SENDING_PART));
  }

  private WeightedTexts tokenize(List<WeightedText> hypotheses) {
    if (hypotheses.size() == 1) {
      return WeightedTexts.of(served.model().tokenizer().tokenize(hypotheses.get(0).text()));
    }
    List<Tokens> tokens = new ArrayList<>(hypotheses.size());
    List<Float> weights = new ArrayList<>(hypotheses.size());
    for (WeightedText hypothesis : hypotheses) {
      tokens.add(served.model().tokenizer().tokenize(hypothesis.text()));
      weights.add(hypothesis.weight());
    }
    return new WeightedTexts(tokens, weights);
  }

  private void enqueue(ShortlistJob job, Callers.@Nullable Share caller) {
    job.queued(job.budget().ticker().nanoTime());
    if (!batcher.offer(lane, job, caller, costs.share(job))) {
      job.answer()
          .completeExceptionally(Refusal.overload("too many requests are waiting", 0, false));
      return;
    }
    keepTicking();
  }

  /** Runs a request of a run that took too long once more, without its context. */
  private void runContextFree(ShortlistJob job) {
    if (job.retreat(ofFirstTurns.profile(Reason.NOT_READY))) {
      enqueue(job, null);
    } else {
      job.answer()
          .completeExceptionally(
              Refusal.overload("running it took too long, again and again", 0, false));
    }
  }

  private void keepTicking() {
    if (ticking.compareAndSet(false, true)) {
      var unused = timers.schedule(this::tick, tickNanos, TimeUnit.NANOSECONDS);
    }
  }

  private void tick() {
    ticking.set(false);
    if (batcher.tick()) {
      keepTicking();
    }
  }

  /** Answers what waits, stops the workers and closes their buffers; the model is left open. */
  @Override
  public void close() {
    batcher.close();
    summaries.close();
  }

  /** A tokenised query whose user is found, or not. */
  private final class Request {
    private final ShortlistQuery query;
    private final ShortlistJob job;
    private final Callers.Share caller;
    private final Decision decision;
    private final Missing missing;

    Request(ShortlistQuery query, ShortlistJob job, Callers.Share caller, Decision decision) {
      this.query = query;
      this.job = job;
      this.caller = caller;
      this.decision = decision;
      this.missing = query.isFollowUp() ? ofFollowUps : ofFirstTurns;
    }

    void begin() {
      String userId = query.userId();
      if (userId == null) {
        runWithout(Reason.NOT_REQUESTED);
        return;
      }
      if (decision.verdict() == Verdict.DEGRADED && decision.waitNanos() > 0) {
        runWithout(Reason.OVERLOAD);
        return;
      }
      CompletableFuture<UserSummary> summary = summaries.get(userId);
      if (summary.isDone()) {
        settle(summary);
        enqueue(job, caller);
        return;
      }
      long remaining = job.budget().remainingNanos();
      long patience = remaining - reserve.nanos(decision.waitNanos());
      if (patience <= 0) {
        runWithout(remaining - reserve.idleNanos() > 0 ? Reason.OVERLOAD : Reason.BUDGET);
        return;
      }
      await(summary, patience);
    }

    /** Encodes at once; the rest follows with the summary, or when only the reserve is left. */
    private void await(CompletableFuture<UserSummary> summary, long patience) {
      long dueNanos = job.budget().ticker().nanoTime() + patience;
      Future<?> timer =
          timers.schedule(
              () -> {
                timerError.fired(dueNanos);
                if (job.resolve(EnabledSkills.NONE, missing.profile(Reason.NOT_READY))) {
                  enqueue(job, caller);
                }
              },
              patience,
              TimeUnit.NANOSECONDS);
      enqueue(job, caller);
      summary.thenRun(() -> {
        timer.cancel(false);
        if (settle(summary)) {
          enqueue(job, caller);
        }
      });
    }

    /** Runs without the profile. */
    private void runWithout(Reason reason) {
      job.resolve(EnabledSkills.NONE, missing.profile(reason));
      enqueue(job, caller);
    }

    /**
     * Settles the job with a finished summary.
     *
     * @return whether it waits, encoded, and is to be queued now
     */
    private boolean settle(CompletableFuture<UserSummary> done) {
      UserSummary summary = done.join();
      return switch (summary.status()) {
        case FOUND -> job.resolve(summary.skills(), missing.others());
        case NOT_FOUND -> job.resolve(EnabledSkills.NONE, missing.profile(Reason.NOT_FOUND));
        case FAILED -> job.resolve(EnabledSkills.NONE, missing.profile(Reason.STORE_ERROR));
      };
    }
  }

  /** The degradations of one kind of requests, made once. */
  private static final class Missing {
    private final Degradation others;
    private final Map<Reason, Degradation> withoutProfile = new EnumMap<>(Reason.class);

    Missing(Degradation others) {
      this.others = others;
      for (Reason reason : Reason.values()) {
        withoutProfile.put(reason, others.without(Degradation.Context.PROFILE, reason));
      }
    }

    /** With the profile. */
    Degradation others() {
      return others;
    }

    Degradation profile(Reason reason) {
      return requireNonNull(withoutProfile.get(reason));
    }
  }
}
