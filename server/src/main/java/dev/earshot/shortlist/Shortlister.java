package dev.earshot.shortlist;

import dev.earshot.batch.MicroBatcher;
import dev.earshot.catalog.ServedModel;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.deadline.Refusal;
import dev.earshot.deadline.Ticker;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.shortlist.ShortlistQuery.WeightedText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers which few skills could handle an utterance. The caller's thread tokenises and looks the
 * user up; a worker does the rest. A profile that is not there when only the reserve is left is
 * done without, and the answer says so.
 *
 * <p>Thread-safe; no method blocks. Answers fail with {@link Refusal}, or with {@link
 * dev.earshot.model.InferenceException} if the runtime failed.
 */
public final class Shortlister implements AutoCloseable {
  private final ServedModel served;
  private final UserSummaries summaries;
  private final ScheduledExecutorService timers;
  private final MicroBatcher<ShortlistJob> batcher;
  private final long reserveNanos;

  /**
   * Sizes of the machinery.
   *
   * @param workers how many batches run at the same time
   * @param batchMax the most requests of a batch
   * @param queueMax the most requests that wait
   * @param reserve what is kept back of each budget for the context-free answer
   */
  public record Options(int workers, int batchMax, int queueMax, Duration reserve) {}

  /**
   * @param timers fire where a profile keeps a request waiting; their tasks are short
   */
  public Shortlister(
      ServedModel served,
      UserSummaries summaries,
      ScheduledExecutorService timers,
      Ticker ticker,
      Options options) {
    this.served = served;
    this.summaries = summaries;
    this.timers = timers;
    this.reserveNanos = options.reserve.toNanos();
    this.batcher =
        new MicroBatcher<>(
            "earshot-worker",
            options.workers,
            options.batchMax,
            options.queueMax,
            () -> new ShortlistRunner(served, options.batchMax, ticker));
  }

  /** The answer to a query; cancelling the future drops the work if it has not begun. */
  public CompletableFuture<Shortlist> shortlist(ShortlistQuery query, Budget budget) {
    CompletableFuture<Shortlist> answer = new CompletableFuture<>();
    if (query.minCatalogVersion() > served.catalogVersion()) {
      answer.completeExceptionally(
          new Refusal(
              Refusal.Reason.CATALOG_BEHIND,
              "min_catalog_version: "
                  + query.minCatalogVersion()
                  + " (served: "
                  + served.catalogVersion()
                  + ")"));
      return answer;
    }
    long start = budget.ticker().nanoTime();
    WeightedTexts texts = tokenize(query.hypotheses());
    long tokenized = budget.ticker().nanoTime();
    Request request = new Request(query, texts, budget, tokenized - start, tokenized, answer);
    Degradation degradation =
        query.isFollowUp()
            ? Degradation.NONE.without(Context.DIALOGUE, Reason.NOT_FOUND)
            : Degradation.NONE;
    String userId = query.userId();
    if (userId == null) {
      request.runWithout(degradation, Reason.NOT_REQUESTED);
      return answer;
    }
    CompletableFuture<UserSummary> summary = summaries.get(userId);
    if (summary.isDone()) {
      request.run(summary, degradation);
    } else {
      request.await(summary, degradation);
    }
    return answer;
  }

  /** Waits until every worker can run. */
  public void awaitReady() throws InterruptedException {
    batcher.awaitReady();
  }

  /** How many requests wait for a worker. */
  public int waiting() {
    return batcher.waiting();
  }

  /** Answers what waits, then stops the workers. */
  @Override
  public void close() {
    batcher.close();
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

  /** A tokenised query on its way to the workers. */
  private final class Request {
    private final ShortlistQuery query;
    private final WeightedTexts texts;
    private final Budget budget;
    private final long tokenizeNanos;
    private final long tokenizedNanos;
    private final CompletableFuture<Shortlist> answer;

    Request(
        ShortlistQuery query,
        WeightedTexts texts,
        Budget budget,
        long tokenizeNanos,
        long tokenizedNanos,
        CompletableFuture<Shortlist> answer) {
      this.query = query;
      this.texts = texts;
      this.budget = budget;
      this.tokenizeNanos = tokenizeNanos;
      this.tokenizedNanos = tokenizedNanos;
      this.answer = answer;
    }

    /** Runs with the summary, or without it when only the reserve is left. */
    void await(CompletableFuture<UserSummary> summary, Degradation degradation) {
      long patience = budget.remainingNanos() - reserveNanos;
      if (patience <= 0) {
        runWithout(degradation, Reason.BUDGET);
        return;
      }
      CompletableFuture<UserSummary> first = new CompletableFuture<>();
      Future<?> timer =
          timers.schedule(
              () -> {
                first.completeExceptionally(new NotReady());
              },
              patience,
              TimeUnit.NANOSECONDS);
      summary.whenComplete((value, failure) -> {
        timer.cancel(false);
        if (failure == null) {
          first.complete(value);
        } else {
          first.completeExceptionally(failure);
        }
      });
      first.whenComplete((value, failure) -> run(first, degradation));
    }

    /** Runs with a finished summary. */
    void run(CompletableFuture<UserSummary> summary, Degradation degradation) {
      UserSummary value;
      try {
        value = summary.join();
      } catch (CompletionException e) {
        boolean late = e.getCause() instanceof NotReady;
        runWithout(degradation, late ? Reason.NOT_READY : Reason.STORE_ERROR);
        return;
      }
      if (value.found()) {
        enqueue(value.skills(), degradation);
      } else {
        runWithout(degradation, Reason.NOT_FOUND);
      }
    }

    void runWithout(Degradation degradation, Reason reason) {
      enqueue(EnabledSkills.NONE, degradation.without(Context.PROFILE, reason));
    }

    private void enqueue(EnabledSkills user, Degradation degradation) {
      long now = budget.ticker().nanoTime();
      ShortlistJob job =
          new ShortlistJob(
              texts,
              user,
              query.maxSkills(),
              degradation,
              budget,
              tokenizeNanos,
              now - tokenizedNanos,
              now,
              answer);
      if (!batcher.offer(job)) {
        answer.completeExceptionally(
            new Refusal(Refusal.Reason.OVERLOAD, "too many requests are waiting"));
      }
    }
  }

  /** The profile was not there in time. */
  private static final class NotReady extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotReady() {
      super(null, null, false, false);
    }

    @Override
    public @Nullable String getMessage() {
      return "not ready";
    }
  }
}
