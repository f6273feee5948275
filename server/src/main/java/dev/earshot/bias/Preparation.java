package dev.earshot.bias;

import dev.earshot.batch.Job.Drop;
import dev.earshot.bias.TurnBias.Extent;
import dev.earshot.bias.TurnBias.Origin;
import dev.earshot.bias.UserLists.Lists;
import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.deadline.Ticker;
import dev.earshot.model.ContextEncoder;
import dev.earshot.model.ContextText;
import dev.earshot.model.ContextVector;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.phrase.Phrases;
import dev.earshot.phrase.TurnContext;
import dev.earshot.store.Interaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works a turn out: reads the dialogue and the lists, then, in short steps on a worker, makes the
 * phrases, works out how they sound, and makes the context vector. What is there so far can be
 * taken at any time.
 *
 * <p>Thread-safe. Whoever needs it sooner {@linkplain #expedite expedites} it.
 */
final class Preparation {
  private static final Logger log = LoggerFactory.getLogger(Preparation.class);

  private static final Duration MOST_READING = Duration.ofSeconds(1);
  private static final long LONG_READING_NANOS = Duration.ofMillis(100).toNanos();
  private static final long LATER_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int MOST_DROPS = 5;

  /** What preparations are made with. */
  record Tools(
      DialogueReads reads,
      UserLists lists,
      PhraseMaker maker,
      BiasModels models,
      BiasWorkers workers,
      BiasCosts costs,
      ScheduledExecutorService timers,
      Ticker ticker) {}

  /**
   * What to prepare.
   *
   * @param entry null: no interaction
   * @param dialogueId whose earlier interactions count; empty: none
   * @param locale of the speech; empty: the reply's
   * @param vector of the same interaction, where it is known
   */
  record Order(
      @Nullable Interaction entry,
      String dialogueId,
      String userId,
      String locale,
      int maxPhrases,
      Optional<ContextVector> vector,
      Optional<Reason> dialogueMissing) {
    boolean namesDialogue() {
      return entry != null || !dialogueId.isEmpty();
    }

    @Override
    public String toString() {
      return "Order[maxPhrases=" + maxPhrases + "]";
    }
  }

  private enum Stage {
    PHRASES,
    PRONOUNCE,
    ENCODE,
    END
  }

  private final Order order;
  private final Tools tools;
  private final CompletableFuture<TurnBias> done = new CompletableFuture<>();
  private final AtomicBoolean atWork = new AtomicBoolean();
  private final long beganNanos;

  private volatile boolean isRead;
  private volatile @Nullable TurnBias current;

  /** When it is due. Guarded by this, as the next three. */
  private long dueNanos;

  /** When the step is due that was queued last. */
  private long queuedDueNanos;

  /** Whether a request waits for it. */
  private boolean isAwaited;

  private int drops;

  /** What follows is read and written by one worker at a time, which holds {@link #atWork}. */
  private volatile Stage stage = Stage.PHRASES;

  private Dialogue dialogue = Dialogue.NONE;
  private Lists lists = Lists.NONE;
  private final Map<Context, Reason> missing = new EnumMap<>(Context.class);
  private Phrases phrases = Phrases.NONE;
  private final List<BiasPhrase> sounding = new ArrayList<>();
  private String contextText = "";
  private Optional<ContextVector> vector = Optional.empty();
  private final AtomicLong phrasesNanos = new AtomicLong();
  private volatile long encodeNanos;

  /**
   * @param dueNanos when it should be done, by the tools' ticker
   * @param isAwaited whether a request waits for it
   */
  Preparation(Order order, Tools tools, long dueNanos, boolean isAwaited) {
    this.order = order;
    this.tools = tools;
    this.dueNanos = dueNanos;
    this.isAwaited = isAwaited;
    this.beganNanos = tools.ticker.nanoTime();
  }

  Order order() {
    return order;
  }

  /** Completes with all that can be had; fails only if it was given up. */
  CompletableFuture<TurnBias> done() {
    return done;
  }

  /** What there is so far. */
  @Nullable TurnBias current() {
    return current;
  }

  long beganNanos() {
    return beganNanos;
  }

  long phrasesNanos() {
    return phrasesNanos.get();
  }

  long encodeNanos() {
    return encodeNanos;
  }

  /** Reads, and then goes on by itself. */
  void begin() {
    CompletableFuture<Lists> userLists =
        order.userId.isEmpty()
            ? CompletableFuture.completedFuture(Lists.NONE)
            : tools.lists.get(order.userId);
    CompletableFuture<Dialogue> texts =
        order.namesDialogue() && order.dialogueMissing.isEmpty()
            ? limited(() -> tools.reads.read(order.entry, order.userId, order.dialogueId))
            : CompletableFuture.completedFuture(Dialogue.NONE);
    CompletableFuture.allOf(userLists, texts)
        .whenComplete((nothing, failure) -> {
          if (!texts.isCompletedExceptionally()) {
            dialogue = texts.join();
          }
          boolean failed = texts.isCompletedExceptionally() || dialogue.unreadable();
          note(userLists.join(), failed);
          isRead = true;
          enqueue();
        });
  }

  /** The stage, or where it takes too long, one that fails in its place. */
  private CompletableFuture<Dialogue> limited(Supplier<CompletionStage<Dialogue>> reading) {
    CompletableFuture<Dialogue> read;
    try {
      read = reading.get().toCompletableFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    if (read.isDone()) {
      return read;
    }
    CompletableFuture<Dialogue> limited = new CompletableFuture<>();
    Future<?> timer =
        tools.timers.schedule(
            () ->
                limited.completeExceptionally(
                    new IllegalStateException("the dialogue was not read in time")),
            MOST_READING.toNanos(),
            TimeUnit.NANOSECONDS);
    read.whenComplete((texts, failure) -> {
      timer.cancel(false);
      if (failure == null) {
        limited.complete(texts);
      } else {
        limited.completeExceptionally(failure);
      }
    });
    limited.whenComplete((texts, failure) -> read.cancel(false));
    return limited;
  }

  private void note(Lists userLists, boolean dialogueFailed) {
    lists = userLists;
    if (order.userId.isEmpty()) {
      missing.put(Context.PROFILE, Reason.NOT_REQUESTED);
    } else if (userLists.status() == Lists.Status.FAILED) {
      missing.put(Context.PROFILE, Reason.STORE_ERROR);
    } else if (userLists.status() == Lists.Status.NOT_FOUND) {
      missing.put(Context.PROFILE, Reason.NOT_FOUND);
    }
    Reason why = null;
    if (order.dialogueMissing.isPresent()) {
      why = order.dialogueMissing.get();
    } else if (!order.namesDialogue()) {
      why = Reason.NOT_REQUESTED;
    } else if (dialogueFailed) {
      why = Reason.STORE_ERROR;
    } else if (order.entry == null && dialogue.earlier().isEmpty()) {
      why = Reason.NOT_FOUND;
    }
    if (why != null) {
      missing.put(Context.DIALOGUE, why);
    }
  }

  /** A request waits for it, until a time. */
  void expedite(long untilNanos) {
    synchronized (this) {
      if (isAwaited && untilNanos - dueNanos >= 0) {
        return;
      }
      dueNanos = isAwaited && dueNanos - untilNanos < 0 ? dueNanos : untilNanos;
      isAwaited = true;
    }
    if (isRead && !done.isDone()) {
      enqueue();
    }
  }

  synchronized boolean isAwaited() {
    return isAwaited;
  }

  /** Whether it waits for the store for longer than stores take. */
  boolean isStuck() {
    return !isRead && tools.ticker.nanoTime() - beganNanos > LONG_READING_NANOS;
  }

  /** Gives it up: what it was to be made from is gone. */
  void cancel() {
    done.cancel(false);
  }

  private void enqueue() {
    if (done.isDone()) {
      return;
    }
    long expected = expectedNanos();
    boolean taken;
    synchronized (this) {
      long now = tools.ticker.nanoTime();
      boolean inTime = dueNanos - now > expected;
      long due = inTime ? dueNanos : now + LATER_NANOS;
      queuedDueNanos = due;
      Consumer<Drop> dropped = why -> dropped(why, due);
      if (isAwaited && inTime) {
        taken =
            tools.workers.forRequest(due, due, expected, this::isWanted, this::advance, dropped);
      } else if (inTime && drops == 0) {
        taken = tools.workers.ahead(due, expected, this::isWanted, this::advance, dropped);
      } else {
        // What was late once does not wait for spare time again.
        taken = tools.workers.nearlyDue(due, expected, this::isWanted, this::advance, dropped);
      }
    }
    if (!taken) {
      giveUp(Reason.OVERLOAD);
    }
  }

  private boolean isWanted() {
    return !done.isDone();
  }

  private long expectedNanos() {
    return switch (stage) {
      case PHRASES -> tools.costs.phrases().expected(1 + dialogue.items().size());
      case PRONOUNCE -> BiasCosts.SLICE_NANOS;
      case ENCODE -> tools.costs.encode().expected(1 + dialogue.items().size());
      case END -> 0;
    };
  }

  /** A step that came too late for whoever waited: what comes later still serves the next call. */
  private void dropped(Drop why, long stepDueNanos) {
    synchronized (this) {
      if (why != Drop.FAILED && stepDueNanos != queuedDueNanos) {
        // It was queued once more, for another time.
        return;
      }
      isAwaited = false;
      dueNanos = tools.ticker.nanoTime() + LATER_NANOS;
      drops++;
    }
    if (why == Drop.FAILED || drops > MOST_DROPS) {
      giveUp(Reason.OVERLOAD);
    } else {
      enqueue();
    }
  }

  private void giveUp(Reason reason) {
    if (!atWork.compareAndSet(false, true)) {
      // A worker is at it after all, and goes on.
      return;
    }
    if (stage == Stage.PHRASES) {
      for (Context context : List.of(Context.DIALOGUE, Context.PROFILE)) {
        missing.putIfAbsent(context, reason);
      }
    }
    missing.putIfAbsent(Context.EMBEDDING, reason);
    boolean pronounced = stage == Stage.ENCODE || stage == Stage.END;
    end(pronounced ? Extent.PRONOUNCED : Extent.PHRASES);
    atWork.set(false);
  }

  private void advance() {
    if (!atWork.compareAndSet(false, true)) {
      // Another worker is at it, and goes on with what it finds.
      return;
    }
    boolean more;
    try {
      more = step();
    } catch (RuntimeException e) {
      log.error("a bias could not be prepared", e);
      missing.putIfAbsent(Context.EMBEDDING, Reason.NOT_FOUND);
      end(Extent.FULL);
      more = false;
    } finally {
      atWork.set(false);
    }
    if (more) {
      enqueue();
    }
  }

  private boolean step() {
    switch (stage) {
      case PHRASES -> {
        makePhrases();
        stage = Stage.PRONOUNCE;
      }
      case PRONOUNCE -> {
        if (pronounce()) {
          stage = Stage.ENCODE;
        }
      }
      case ENCODE -> {
        encode();
        stage = Stage.END;
        end(Extent.FULL);
      }
      case END -> {}
    }
    return stage != Stage.END;
  }

  private void makePhrases() {
    long start = tools.ticker.nanoTime();
    phrases =
        tools.maker.make(
            new TurnContext(
                dialogue.items(),
                dialogue.earlier(),
                lists.phrases(),
                List.of(),
                order.maxPhrases,
                locale(),
                Set.of()));
    contextText = dialogue.asText();
    current = snapshot(Extent.PHRASES, Map.of(Context.PRONUNCIATION, Reason.NOT_READY));
    long took = tools.ticker.nanoTime() - start;
    phrasesNanos.addAndGet(took);
    tools.costs.phrases().observe(1 + dialogue.items().size(), took);
  }

  private String locale() {
    return order.locale.isEmpty() ? dialogue.locale() : order.locale;
  }

  /** Goes on for a slice of time; returns whether all are done. */
  private boolean pronounce() {
    long start = tools.ticker.nanoTime();
    Pronouncing pronouncing =
        new Pronouncing(tools.models.sounds().map(of -> new ListedSounds(of, lists.phrases())));
    Optional<Reason> cannot = pronouncing.cannot(locale());
    if (cannot.isPresent()) {
      missing.put(Context.PRONUNCIATION, cannot.get());
    } else {
      List<BiasPhrase> all = phrases.phrases();
      List<BiasPhrase> stated = Pronouncing.stated(all);
      while (sounding.size() < all.size()) {
        sounding.add(pronouncing.pronounced(all.get(sounding.size()), stated));
        if (tools.ticker.nanoTime() - start > BiasCosts.SLICE_NANOS) {
          break;
        }
      }
      if (sounding.size() < all.size()) {
        phrasesNanos.addAndGet(tools.ticker.nanoTime() - start);
        return false;
      }
      phrases = new Phrases(sounding, phrases.dropped());
    }
    current = snapshot(Extent.PRONOUNCED, Map.of());
    phrasesNanos.addAndGet(tools.ticker.nanoTime() - start);
    return true;
  }

  private void encode() {
    if (order.vector.isPresent()) {
      vector = order.vector;
      return;
    }
    Reason ofDialogue = missing.get(Context.DIALOGUE);
    if (ofDialogue != null && dialogue.items().isEmpty() && dialogue.earlier().isEmpty()) {
      missing.put(Context.EMBEDDING, ofDialogue);
      return;
    }
    Optional<ContextEncoder> encoder = tools.models.encoder();
    List<ContextText> texts =
        encoder
            .map(of ->
                ContextTexts.of(
                    dialogue.items(), dialogue.earlier(), phrases.phrases(), of.maxItems()))
            .orElse(List.of());
    if (texts.isEmpty()) {
      missing.put(Context.EMBEDDING, Reason.NOT_FOUND);
      return;
    }
    long start = tools.ticker.nanoTime();
    vector = encoder.map(of -> of.encode(texts));
    encodeNanos = tools.ticker.nanoTime() - start;
    tools.costs.encode().observe(texts.size(), encodeNanos);
  }

  private TurnBias snapshot(Extent extent, Map<Context, Reason> notYet) {
    Map<Context, Reason> lacking = new EnumMap<>(Context.class);
    lacking.putAll(missing);
    notYet.forEach(lacking::putIfAbsent);
    if (vector.isEmpty() && !lacking.containsKey(Context.EMBEDDING)) {
      Reason ofDialogue = lacking.get(Context.DIALOGUE);
      lacking.put(Context.EMBEDDING, ofDialogue == null ? Reason.NOT_READY : ofDialogue);
    }
    Interaction entry = order.entry;
    return new TurnBias(
        new Origin(
            entry == null ? "" : entry.interactionId(),
            order.dialogueId,
            order.userId,
            order.locale,
            entry == null ? 0 : entry.version(),
            dialogue.expireTime(),
            lists.version(),
            order.maxPhrases),
        phrases,
        contextText,
        vector,
        extent,
        lacking);
  }

  private void end(Extent extent) {
    TurnBias all = snapshot(extent, Map.of());
    current = all;
    done.complete(all);
  }
}
