package dev.earshot.bias;

import static java.util.Objects.requireNonNull;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.batch.BatchListener;
import dev.earshot.bias.BiasTurn.Ready;
import dev.earshot.bias.Preparation.Order;
import dev.earshot.bias.TurnBias.Origin;
import dev.earshot.bias.Turns.Found;
import dev.earshot.bias.UserLists.Lists;
import dev.earshot.context.SpeechExpectedListener;
import dev.earshot.core.Foreground;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.deadline.Degradation.Stage;
import dev.earshot.deadline.Refusal;
import dev.earshot.deadline.Reserve;
import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TimerError;
import dev.earshot.model.ContextEncoder;
import dev.earshot.model.ContextVector;
import dev.earshot.model.InferenceException;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.phrase.Phrases;
import dev.earshot.rescore.ContextMatch;
import dev.earshot.rescore.NBest;
import dev.earshot.rescore.RescoreMode;
import dev.earshot.rescore.Rescored;
import dev.earshot.rescore.Rescorer;
import dev.earshot.rescore.Rescorer.PreparedPhrases;
import dev.earshot.store.Appended;
import dev.earshot.store.ContextStore;
import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionRead;
import dev.earshot.store.StoreException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Says what a recogniser should expect to hear, and weighs what it heard. What was {@linkplain
 * Turns prepared} is looked up; what was not is worked out as far as the budget goes. When only the
 * reserve is left of it, a timer answers with what is there, at the least with the request's own
 * phrases or the recogniser's own order; every such answer says what it lacks.
 *
 * <p>Thread-safe; no method blocks but {@link #awaitReady} and {@link #close}. Answers fail with
 * {@link Refusal} where the budget is spent on arrival, with {@link StoreException} {@code
 * OTHER_USER} for another user's interaction.
 */
public final class Biaser implements AutoCloseable {
  private static final int SENDING_PART = 4;
  private static final Duration BETTER = Duration.ofSeconds(10);

  private final ContextStore store;
  private final UserLists lists;
  private final BiasModels models;
  private final ScheduledExecutorService timers;
  private final TimerError timerError;
  private final Ticker ticker;
  private final Foreground foreground;
  private final BiasWorkers workers;
  private final BiasCosts costs;
  private final Turns turns;
  private final Reserve reserve;
  private final Reserve rescoreReserve;
  private final Pronouncing pronouncing;

  /**
   * Sizes of the machinery.
   *
   * @param workers how many steps run at the same time
   * @param queueMax the most steps that wait
   * @param cacheBytes what prepared turns may take
   */
  public record Options(int workers, int queueMax, int cacheBytes) {}

  /** What the machinery stands on; the timers' tasks are short; requests count in foreground. */
  public record Clockwork(
      ScheduledExecutorService timers,
      TimerError timerError,
      Ticker ticker,
      InstantSource clock,
      Foreground foreground) {}

  /** Who hears of what is done, for metrics. */
  public record Listeners(BatchListener batches, WindowListener window, StatsCounter cache) {
    /** Nobody. */
    public static final Listeners NONE =
        new Listeners(BatchListener.NONE, WindowListener.NONE, StatsCounter.disabledStatsCounter());
  }

  /** Starts the workers. */
  public Biaser(
      ContextStore store,
      UserLists lists,
      PhraseMaker maker,
      BiasModels models,
      Clockwork clockwork,
      Listeners listeners,
      Options options) {
    this.store = store;
    this.lists = lists;
    this.models = models;
    this.timers = clockwork.timers;
    this.timerError = clockwork.timerError;
    this.ticker = clockwork.ticker;
    this.foreground = clockwork.foreground;
    this.pronouncing = new Pronouncing(models.sounds());
    this.costs = new BiasCosts(ticker);
    this.workers =
        new BiasWorkers(
            options.workers, options.queueMax, timers, ticker, foreground, listeners.batches);
    // Who answers when only the reserve is left is a timer, which needs no worker.
    this.reserve = new Reserve(ticker, () -> 0, timerError);
    this.rescoreReserve = new Reserve(ticker, () -> 0, timerError);
    this.turns =
        new Turns(
            store,
            new Preparation.Tools(
                new DialogueReads(store), lists, maker, models, workers, costs, timers, ticker),
            clockwork.clock,
            options.cacheBytes,
            listeners.window,
            listeners.cache);
  }

  public void awaitReady() throws InterruptedException {
    workers.awaitReady();
  }

  /** What is to hear of interactions that expect speech. */
  public SpeechExpectedListener window() {
    return new SpeechExpectedListener() {
      @Override
      public void onSpeechExpected(Interaction interaction) {
        turns.onSpeechExpected(interaction);
      }

      @Override
      public void onRemoved(String interactionId) {
        turns.forget(interactionId);
      }
    };
  }

  /** Forgets what was prepared for a user, who was removed. */
  public void forgetUser(String userId) {
    turns.forgetUser(userId);
  }

  /** How many steps wait for a worker. */
  public int waiting() {
    return workers.waiting();
  }

  /** How many turns are being prepared. */
  public int underWay() {
    return turns.underWay();
  }

  /** Memory of the prepared turns, in bytes. */
  public long weightBytes() {
    return turns.weightBytes();
  }

  /** What is kept back of each budget for a bias now, in nanoseconds. */
  public long reserveNanos() {
    return reserve.nanos(0);
  }

  /** Ends what waits, and stops the workers. */
  @Override
  public void close() {
    workers.close();
  }

  /** The bias of a turn. Cancelling the future drops the work that is for it alone. */
  public CompletableFuture<Bias> bias(BiasTurn turn, Budget budget) {
    CompletableFuture<Bias> answer = new CompletableFuture<>();
    foreground.add(answer);
    if (isSpent(budget, answer)) {
      return answer;
    }
    long patience = budget.remainingNanos() - reserve.nanos(0);
    find(turn.query(), budget, patience)
        .whenComplete((basis, failure) -> {
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else if (turn.query().explicit().isEmpty()) {
            complete(turn, basis, budget, answer);
          } else {
            pronounceAndComplete(turn, basis, budget, answer);
          }
        });
    return answer;
  }

  /**
   * A bias of which less is missing than of one that was not ready in time; empty if there will be
   * none.
   */
  public CompletableFuture<Optional<Bias>> better(BiasTurn turn) {
    return bias(turn, Budget.startingNow(ticker, BETTER))
        .thenApply(bias -> wasNotReady(bias) ? Optional.empty() : Optional.of(bias));
  }

  private static boolean wasNotReady(Bias bias) {
    return bias.degradation().missing().stream()
        .anyMatch(
            missing -> missing.reason() == Reason.NOT_READY || missing.reason() == Reason.BUDGET);
  }

  private static boolean isSpent(Budget budget, CompletableFuture<?> answer) {
    if (!budget.isSpent()) {
      return false;
    }
    answer.completeExceptionally(
        new Refusal(Refusal.Reason.DEADLINE, "the budget is too short for any answer"));
    return true;
  }

  /** When an answer must be made, for it to reach its caller in time. */
  private long dueNanos(Budget budget) {
    long sending =
        Math.max(0, Math.min(timerError.nanos(), budget.remainingNanos() / SENDING_PART));
    return budget.deadlineNanos() - sending;
  }

  /**
   * What an answer is made on.
   *
   * @param bias null: nothing is there
   * @param missing why, where nothing is there
   * @param waitedNanos for the dialogue, beside the work that is told apart
   */
  private record Basis(
      @Nullable TurnBias bias,
      Map<Context, Reason> missing,
      long waitedNanos,
      long phrasesNanos,
      long encodeNanos) {
    Phrases phrases() {
      return bias == null ? Phrases.NONE : bias.phrases();
    }

    Optional<ContextVector> vector() {
      return bias == null ? Optional.empty() : bias.vector();
    }

    @Nullable Reason missing(Context context) {
      return bias == null ? missing.get(context) : bias.missing(context);
    }

    long version() {
      return bias == null ? 0 : bias.version();
    }
  }

  private CompletableFuture<Basis> find(BiasQuery query, Budget budget, long patience) {
    Finding finding = new Finding(query, budget);
    finding.begin(patience);
    return finding.basis;
  }

  /** The search for what is known of a turn, until it is found or patience ends. */
  private final class Finding {
    private final BiasQuery query;
    private final long beganNanos;
    private final CompletableFuture<Basis> basis = new CompletableFuture<>();
    private volatile @Nullable Preparation preparation;

    /** What is there if nothing better comes. */
    private volatile @Nullable TurnBias known;

    Finding(BiasQuery query, Budget budget) {
      this.query = query;
      this.beganNanos = budget.ticker().nanoTime();
    }

    void begin(long patience) {
      if (!query.namesDialogue() && !query.namesUser()) {
        settle(Reason.NOT_REQUESTED);
        return;
      }
      known = keptOfThisUser();
      TurnBias atHand = known;
      if (patience <= 0) {
        // What is in memory takes no time.
        if (atHand == null) {
          settle(Reason.BUDGET);
        } else {
          settle(atHand);
        }
        return;
      }
      long until = beganNanos + patience;
      if (query.interactionId().isEmpty()) {
        await(turns.prepare(order(null, query.dialogueId(), Optional.empty(), null), until));
      } else {
        read(until);
      }
      if (basis.isDone()) {
        return;
      }
      Future<?> timer =
          timers.schedule(
              () -> {
                timerError.fired(until);
                settleWithWhatIsThere();
              },
              Math.max(0, until - ticker.nanoTime()),
              TimeUnit.NANOSECONDS);
      basis.whenComplete((found, failure) -> timer.cancel(false));
    }

    private Order order(
        @Nullable Interaction entry,
        String dialogueId,
        Optional<ContextVector> vector,
        @Nullable Reason dialogueMissing) {
      return new Order(
          entry,
          dialogueId,
          query.userId(),
          query.locale(),
          query.maxPhrases(),
          vector,
          Optional.ofNullable(dialogueMissing));
    }

    private @Nullable TurnBias keptOfThisUser() {
      if (query.interactionId().isEmpty()) {
        return null;
      }
      TurnBias kept = turns.kept(query.interactionId());
      boolean fits = kept != null && kept.origin().userId().equals(query.userId()) && suits(kept);
      return fits ? kept : null;
    }

    private void read(long until) {
      CompletableFuture<InteractionRead> reading;
      try {
        reading = store.get(query.interactionId()).toCompletableFuture();
      } catch (RuntimeException e) {
        reading = CompletableFuture.failedFuture(e);
      }
      reading.whenComplete((read, failure) -> {
        if (basis.isDone()) {
          return;
        }
        try {
          if (failure == null) {
            found(read, until);
          } else if (known != null) {
            settle(known);
          } else {
            await(withoutDialogue(Reason.STORE_ERROR, until));
          }
        } catch (RuntimeException e) {
          basis.completeExceptionally(e);
        }
      });
      CompletableFuture<InteractionRead> begun = reading;
      basis.whenComplete((found, failure) -> begun.cancel(false));
    }

    private Preparation withoutDialogue(Reason why, long until) {
      return turns.prepare(order(null, "", Optional.empty(), why), until);
    }

    private void found(InteractionRead read, long until) {
      Optional<Interaction> live = read.live();
      if (live.isEmpty()) {
        known = null;
        turns.forget(query.interactionId());
        boolean expired = read == InteractionRead.Gone.EXPIRED;
        await(withoutDialogue(expired ? Reason.EXPIRED : Reason.NOT_FOUND, until));
        return;
      }
      Interaction entry = live.get();
      if (!entry.userId().equals(query.userId())) {
        basis.completeExceptionally(Appended.otherUser());
        return;
      }
      turns
          .find(entry, until)
          .whenComplete((found, failure) -> {
            if (failure != null) {
              basis.completeExceptionally(failure);
            } else {
              take(entry, found, until);
            }
          });
    }

    private void take(Interaction entry, Found found, long until) {
      TurnBias bias = found.bias();
      if (bias == null) {
        Preparation common = requireNonNull(found.preparation());
        if (isOfThisDialogue(entry.dialogueId()) && isUsual()) {
          await(common);
        } else {
          await(own(entry, Optional.empty(), until));
        }
        return;
      }
      if (!suits(bias)) {
        await(own(entry, vectorOf(bias), until));
        return;
      }
      known = bias;
      if (!query.namesUser()) {
        settle(bias);
        return;
      }
      // The lists may have changed since.
      lists
          .get(query.userId())
          .thenAccept(now -> {
            if (now.status() != Lists.Status.FAILED
                && now.version() != bias.origin().profileVersion()) {
              await(own(entry, vectorOf(bias), until));
            } else {
              settle(bias);
            }
          });
    }

    private Preparation own(Interaction entry, Optional<ContextVector> vector, long until) {
      String dialogueId = query.dialogueId().isEmpty() ? entry.dialogueId() : query.dialogueId();
      return turns.prepare(order(entry, dialogueId, vector, null), until);
    }

    private Optional<ContextVector> vectorOf(TurnBias bias) {
      return isOfThisDialogue(bias.origin().dialogueId()) ? bias.vector() : Optional.empty();
    }

    private boolean isOfThisDialogue(String dialogueId) {
      return query.dialogueId().isEmpty() || query.dialogueId().equals(dialogueId);
    }

    /** Whether the usual preparation would do, as far as can be seen before it is there. */
    private boolean isUsual() {
      return query.maxPhrases() <= BiasQuery.DEFAULT_PHRASES && isOfTheUsualLanguage();
    }

    private boolean isOfTheUsualLanguage() {
      return query.locale().isEmpty()
          || models.sounds().map(sounds -> sounds.speaks(query.locale())).orElse(true);
    }

    private boolean suits(TurnBias bias) {
      Origin origin = bias.origin();
      return isOfThisDialogue(origin.dialogueId())
          && isOfTheUsualLanguage()
          && (query.maxPhrases() <= origin.maxPhrases() || bias.phrases().dropped() == 0);
    }

    private void await(Preparation begun) {
      preparation = begun;
      begun
          .done()
          .whenComplete((bias, failure) -> {
            if (bias != null) {
              settle(bias);
            } else {
              // It was removed while somebody waited for it.
              settle(Reason.NOT_FOUND);
            }
          });
    }

    private void settleWithWhatIsThere() {
      Preparation begun = preparation;
      TurnBias soFar = begun == null ? null : begun.current();
      if (soFar == null) {
        soFar = known;
      }
      if (soFar == null) {
        settle(Reason.NOT_READY);
      } else {
        settle(soFar);
      }
    }

    private void settle(TurnBias bias) {
      Preparation begun = preparation;
      long phrases = begun == null ? 0 : begun.phrasesNanos();
      long encode = begun == null ? 0 : begun.encodeNanos();
      long elapsed = ticker.nanoTime() - beganNanos;
      basis.complete(
          new Basis(
              bias,
              Map.of(),
              Math.max(0, elapsed - phrases - encode),
              Math.min(phrases, elapsed),
              Math.max(0, Math.min(encode, elapsed - phrases))));
    }

    private void settle(Reason why) {
      Map<Context, Reason> missing = new EnumMap<>(Context.class);
      missing.put(Context.PROFILE, query.namesUser() ? why : Reason.NOT_REQUESTED);
      Reason ofDialogue = query.namesDialogue() ? why : Reason.NOT_REQUESTED;
      missing.put(Context.DIALOGUE, ofDialogue);
      missing.put(Context.EMBEDDING, ofDialogue);
      basis.complete(new Basis(null, missing, ticker.nanoTime() - beganNanos, 0, 0));
    }
  }

  /** Works out how the request's own phrases sound, as long as there is time, and answers. */
  private void pronounceAndComplete(
      BiasTurn turn, Basis basis, Budget budget, CompletableFuture<Bias> answer) {
    BiasQuery query = turn.query();
    Phrases phrases =
        PhraseMaker.merge(basis.phrases(), query.explicit(), query.maxPhrases(), query.locale());
    if (unpronounced(phrases, Reason.NOT_READY) == null
        || pronouncing.cannot(query.locale()).isPresent()) {
      answer.complete(answer(basis, phrases, query, null, budget, 0, 0));
      return;
    }
    long patience = budget.remainingNanos() - reserve.nanos(0);
    if (patience <= 0) {
      answer.complete(
          answer(basis, phrases, query, unpronounced(phrases, Reason.BUDGET), budget, 0, 0));
      return;
    }
    long queued = ticker.nanoTime();
    Future<?> timer =
        timers.schedule(
            () ->
                answer.complete(
                    answer(
                        basis,
                        phrases,
                        query,
                        unpronounced(phrases, Reason.NOT_READY),
                        budget,
                        ticker.nanoTime() - queued,
                        0)),
            patience,
            TimeUnit.NANOSECONDS);
    answer.whenComplete((bias, failure) -> timer.cancel(false));
    boolean taken =
        workers.forRequest(
            dueNanos(budget),
            budget.deadlineNanos(),
            BiasCosts.SLICE_NANOS,
            () -> !answer.isDone(),
            () -> {
              long start = ticker.nanoTime();
              Phrases sounding = pronounced(phrases);
              answer.complete(
                  answer(
                      basis,
                      sounding,
                      query,
                      null,
                      budget,
                      start - queued,
                      ticker.nanoTime() - start));
            },
            why -> {});
    if (!taken) {
      answer.complete(
          answer(basis, phrases, query, unpronounced(phrases, Reason.OVERLOAD), budget, 0, 0));
    }
  }

  /** The reason, if there are phrases of which it is not known how they sound. */
  private static @Nullable Reason unpronounced(Phrases phrases, Reason why) {
    return phrases.phrases().stream().allMatch(phrase -> !phrase.pronunciations().isEmpty())
        ? null
        : why;
  }

  private Phrases pronounced(Phrases phrases) {
    List<BiasPhrase> sounding = new ArrayList<>(phrases.phrases().size());
    List<BiasPhrase> stated = Pronouncing.stated(phrases.phrases());
    for (BiasPhrase phrase : phrases.phrases()) {
      sounding.add(pronouncing.pronounced(phrase, stated));
    }
    return new Phrases(sounding, phrases.dropped());
  }

  private void complete(BiasTurn turn, Basis basis, Budget budget, CompletableFuture<Bias> answer) {
    BiasQuery query = turn.query();
    Phrases phrases =
        PhraseMaker.merge(basis.phrases(), List.of(), query.maxPhrases(), query.locale());
    answer.complete(answer(basis, phrases, query, null, budget, 0, 0));
  }

  private Bias answer(
      Basis basis,
      Phrases phrases,
      BiasQuery query,
      @Nullable Reason unpronounced,
      Budget budget,
      long queueNanos,
      long phrasesNanos) {
    TurnBias bias = basis.bias();
    return new Bias(
        phrases.phrases(),
        bias == null ? "" : bias.contextText(),
        basis.vector().map(Embedding::new),
        phrases.dropped(),
        basis.version(),
        bias == null ? Optional.empty() : bias.origin().expireTime(),
        degradation(basis, query, unpronounced, null),
        new BiasTimes(
            queueNanos,
            basis.waitedNanos(),
            basis.phrasesNanos() + phrasesNanos,
            basis.encodeNanos(),
            0,
            budget.elapsedNanos()));
  }

  /**
   * Notes that a bias was just handed to the transport. What an answer takes beside what it waits
   * for, its message of many phrases included, is kept back of later budgets.
   */
  public void handedOver(Bias bias, Budget budget) {
    reserve.recordContextFree(Math.max(0, budget.elapsedNanos() - bias.times().waitedForNanos()));
  }

  /**
   * What an answer lacks.
   *
   * @param unpronounced why the request's own phrases lack sounds; null: they do not
   * @param unmatched why the context vector was not used though it is there; null: it was
   */
  private Degradation degradation(
      Basis basis, BiasQuery query, @Nullable Reason unpronounced, @Nullable Reason unmatched) {
    Degradation degradation = Degradation.NONE;
    for (Context context : List.of(Context.PROFILE, Context.DIALOGUE, Context.EMBEDDING)) {
      Reason reason = basis.missing(context);
      if (reason == null && context == Context.EMBEDDING) {
        reason = unmatched;
      }
      if (reason != null) {
        degradation = degradation.without(context, reason);
      }
    }
    Reason silent = pronouncing.cannot(query.locale()).orElse(null);
    if (silent == null) {
      silent = basis.missing(Context.PRONUNCIATION);
    }
    if (silent == null) {
      silent = unpronounced;
    }
    return silent == null ? degradation : degradation.without(Context.PRONUNCIATION, silent);
  }

  /** The n-best of a turn, rescored. Cancelling the future drops the work. */
  public CompletableFuture<RescoreAnswer> rescore(
      BiasTurn turn, NBest nBest, RescoreMode mode, Budget budget) {
    CompletableFuture<RescoreAnswer> answer = new CompletableFuture<>();
    foreground.add(answer);
    if (isSpent(budget, answer)) {
      return answer;
    }
    long expected = expectedNanos(nBest, turn.query().maxPhrases());
    long patience =
        budget.remainingNanos()
            - rescoreReserve.nanos(0)
            - expected
            - workers.untilBegunNanos(dueNanos(budget));
    find(turn.query(), budget, patience)
        .whenComplete((basis, failure) -> {
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else {
            new Rescoring(turn, nBest, mode, basis, budget, answer).begin();
          }
        });
    return answer;
  }

  /** Notes that a rescored list was just handed to the transport, as of a bias. */
  public void handedOver(RescoreAnswer rescored, Budget budget) {
    rescoreReserve.recordContextFree(
        Math.max(0, budget.elapsedNanos() - rescored.times().waitedForNanos()));
  }

  private long expectedNanos(NBest nBest, int phrases) {
    int hypotheses = nBest.hypotheses().size();
    return costs.match().expected(hypotheses)
        + costs.rescore().expected(Math.max(1, hypotheses * phrases));
  }

  /** One n-best on its way through a worker. */
  private final class Rescoring {
    private final BiasTurn turn;
    private final NBest nBest;
    private final RescoreMode mode;
    private final Basis basis;
    private final Budget budget;
    private final CompletableFuture<RescoreAnswer> answer;
    private final Optional<Rescorer> rescorer = models.rescorer();

    /** Since when it waits for a worker. */
    private final long beganNanos = ticker.nanoTime();

    Rescoring(
        BiasTurn turn,
        NBest nBest,
        RescoreMode mode,
        Basis basis,
        Budget budget,
        CompletableFuture<RescoreAnswer> answer) {
      this.turn = turn;
      this.nBest = nBest;
      this.mode = mode;
      this.basis = basis;
      this.budget = budget;
      this.answer = answer;
    }

    void begin() {
      int phrases =
          Math.min(
              turn.query().maxPhrases(),
              basis.phrases().phrases().size() + turn.query().explicit().size());
      boolean isEmpty = phrases == 0 && basis.vector().isEmpty();
      if (isEmpty || rescorer.isEmpty()) {
        Reason why = basis.missing(Context.DIALOGUE);
        boolean forWantOfTime =
            why == Reason.BUDGET || why == Reason.NOT_READY || why == Reason.OVERLOAD;
        unchanged(isEmpty && forWantOfTime);
        return;
      }
      long patience = budget.remainingNanos() - rescoreReserve.nanos(0);
      if (patience <= 0) {
        unchanged(true);
        return;
      }
      Future<?> timer = timers.schedule(() -> unchanged(true), patience, TimeUnit.NANOSECONDS);
      answer.whenComplete((done, failure) -> timer.cancel(false));
      boolean taken =
          workers.forRequest(
              dueNanos(budget),
              budget.deadlineNanos(),
              expectedNanos(nBest, phrases),
              () -> !answer.isDone(),
              this::run,
              why -> unchanged(true));
      if (!taken) {
        unchanged(true);
      }
    }

    private void run() {
      long start = ticker.nanoTime();
      try {
        Rescorer with = rescorer.orElseThrow();
        Ready ready = ready(with);
        Matched matched = match();
        Rescored rescored = with.rescore(nBest, ready.prepared(), matched.match, mode);
        long took = ticker.nanoTime() - start;
        int rows = nBest.hypotheses().size() * Math.max(1, ready.phrases().phrases().size());
        costs.rescore().observe(rows, took - matched.nanos);
        complete(
            rescored,
            ready.phrases().dropped(),
            degradation(basis, turn.query(), null, matched.missing),
            start - beganNanos,
            took - matched.nanos,
            matched.nanos);
      } catch (RuntimeException e) {
        answer.completeExceptionally(e);
      }
    }

    private Ready ready(Rescorer with) {
      TurnBias bias = basis.bias();
      Ready known = turn.ready(bias);
      if (known != null) {
        return known;
      }
      BiasQuery query = turn.query();
      if (bias != null
          && query.explicit().isEmpty()
          && bias.phrases().phrases().size() <= query.maxPhrases()) {
        return new Ready(bias, bias.phrases(), bias.prepared(with));
      }
      Phrases phrases =
          pronounced(
              PhraseMaker.merge(
                  basis.phrases(), query.explicit(), query.maxPhrases(), query.locale()));
      PreparedPhrases prepared = with.prepare(phrases.phrases());
      Ready made = new Ready(bias, phrases, prepared);
      turn.keep(made);
      return made;
    }

    /**
     * How the hypotheses fit the dialogue.
     *
     * @param missing why this is not known though the vector is there; null: it is known, or the
     *     vector is not there
     */
    private record Matched(ContextMatch match, @Nullable Reason missing, long nanos) {}

    private Matched match() {
      Optional<ContextVector> vector = basis.vector();
      Optional<ContextEncoder> encoder = models.encoder();
      if (vector.isEmpty() || encoder.isEmpty() || !encoder.get().reads(vector.get())) {
        return new Matched(ContextMatch.UNKNOWN, null, 0);
      }
      int hypotheses = nBest.hypotheses().size();
      long needed = costs.match().bound(hypotheses) + costs.rescore().expected(hypotheses * 100);
      if (dueNanos(budget) - ticker.nanoTime() < needed) {
        return new Matched(ContextMatch.UNKNOWN, Reason.BUDGET, 0);
      }
      long start = ticker.nanoTime();
      try {
        float[] similarities =
            encoder
                .get()
                .match(
                    vector.get(), nBest.hypotheses().stream().map(NBest.Hypothesis::text).toList());
        long took = ticker.nanoTime() - start;
        costs.match().observe(hypotheses, took);
        return new Matched(ContextMatch.of(similarities), null, took);
      } catch (InferenceException e) {
        return new Matched(ContextMatch.UNKNOWN, Reason.NOT_READY, ticker.nanoTime() - start);
      }
    }

    /** The recogniser's own order. */
    private void unchanged(boolean forWantOfTime) {
      Degradation degradation = degradation(basis, turn.query(), null, null);
      if (forWantOfTime) {
        degradation = degradation.leavingOut(Stage.RESCORE);
        if (mode == RescoreMode.REPAIR) {
          degradation = degradation.leavingOut(Stage.REPAIR);
        }
      }
      // What a worker has done of it meanwhile is lost, and was waited for.
      long waited = ticker.nanoTime() - beganNanos;
      complete(OwnOrder.of(nBest), basis.phrases().dropped(), degradation, waited, 0, 0);
    }

    private void complete(
        Rescored rescored,
        int dropped,
        Degradation degradation,
        long queueNanos,
        long rescoreNanos,
        long encodeNanos) {
      answer.complete(
          new RescoreAnswer(
              rescored,
              dropped,
              basis.version(),
              degradation,
              new BiasTimes(
                  queueNanos,
                  basis.waitedNanos(),
                  basis.phrasesNanos(),
                  basis.encodeNanos() + encodeNanos,
                  rescoreNanos,
                  budget.elapsedNanos())));
    }
  }
}
