package dev.earshot.client;

import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The bias of one microphone, for a recogniser that waits for nothing. {@link #open} begins a turn
 * when the microphone opens; {@link #current} is what to expect, at once: from here until the
 * server's bias is there, then the server's, then a better one that follows. {@link #rescore}
 * always answers within its timeout, and never with an error: where the server has no answer, the
 * hypotheses come back as they were, marked, with the reason.
 *
 * <pre>{@code
 * try (Biasing biasing = earshot.openBiasing(current -> decoder.favour(current.bias().phrases()))) {
 *   decoder.favour(biasing.open(BiasQuery.interaction("turn-1").user("ada")).bias().phrases());
 *   ...
 *   biasing.rescore(NBest.of(heard).asInterim()).thenAccept(answer -> show(answer.rescored()));
 *   ...
 *   Rescored understood = biasing.rescore(NBest.of(heard).repaired()).join().rescored();
 * }
 * }</pre>
 *
 * <p><b>Until the server answers</b> the bias has the caller's phrases, and those of the last bias
 * that the server gave to this microphone: if it was for the same user, or for nobody but the same
 * dialogue, in the same locale, and has not expired. A bias that the server had to make without any
 * context, for want of time, does not take the place of such phrases; the better one that follows
 * does.
 *
 * <p><b>Streams.</b> A turn goes over the stream of the one before. If that was lost, a new one is
 * opened; if it is lost during a turn, once.
 *
 * <p>Thread-safe; no method blocks. The listener is called, and futures complete, on the client's
 * executor or timer: what they do must not block there.
 */
public final class Biasing implements AutoCloseable {
  /** What phrases come from, beside the caller. */
  private static final List<Degradation.Context> SOURCES =
      List.of(Degradation.Context.PROFILE, Degradation.Context.DIALOGUE);

  /** Why a context is missing that may be there the next time. */
  private static final Set<Degradation.Reason> FOR_NOW =
      Set.of(
          Degradation.Reason.NOT_READY,
          Degradation.Reason.BUDGET,
          Degradation.Reason.OVERLOAD,
          Degradation.Reason.STORE_ERROR);

  /** How many phrases a bias has where the query does not say, as the server does it. */
  private static final int DEFAULT_PHRASES = 100;

  /** Where a bias comes from. */
  public enum Origin {
    /** The server. */
    SERVER,
    /** The server's for an earlier turn, with the caller's own phrases. */
    EARLIER_TURN,
    /** The caller's own phrases alone; there may be none. */
    CALLER
  }

  /**
   * What to expect now.
   *
   * @param bias if not the server's: without version, embedding and context text, what is missing
   *     marked NOT_READY, and phrases of the caller's without a boost if they had none
   * @param failure why the server's bias is missing; empty: it is there, or still awaited
   */
  public record Current(Bias bias, Origin origin, Optional<EarshotException> failure) {}

  /**
   * The hypotheses, rescored or as they were.
   *
   * @param rescored if not the server's: the hypotheses in the order given, scores times the scale,
   *     with the stage RESCORE marked as skipped
   * @param failure why the server has not rescored them, such as {@link
   *     EarshotException.DeadlineExceeded}; {@link EarshotException.Aborted} where an interim
   *     n-best gave way to a newer one; empty: it has
   */
  public record Answer(Rescored rescored, Optional<EarshotException> failure) {
    /** Whether the server has rescored the hypotheses. */
    public boolean isRescored() {
      return failure.isEmpty();
    }
  }

  private final Supplier<BiasStream> streams;
  private final Duration defaultTimeout;
  private final InstantSource clock;
  private final Consumer<Current> listener;

  /** Guarded by this. */
  private @Nullable BiasStream stream;

  /** Guarded by this. */
  private @Nullable Turn turn;

  /** The server's last bias for any turn, and the query that it answered. Guarded by this. */
  private @Nullable Bias lastBias;

  /** Guarded by this. */
  private BiasQuery lastQuery = BiasQuery.NONE;

  /** The interim n-best that is not answered. Guarded by this. */
  private @Nullable Pending interim;

  /** Guarded by this. */
  private boolean closed;

  Biasing(
      Supplier<BiasStream> streams,
      Duration defaultTimeout,
      InstantSource clock,
      Consumer<Current> listener) {
    this.streams = streams;
    this.defaultTimeout = defaultTimeout;
    this.clock = clock;
    this.listener = listener;
  }

  /** As {@link #open(BiasQuery, Duration)}, with the client's bias deadline. */
  public Current open(BiasQuery query) {
    return open(query, defaultTimeout);
  }

  /**
   * Begins a turn: the microphone opens. The listener hears of each bias that the server pushes for
   * it, until the next turn begins.
   *
   * @param timeout the server's budget until the first bias; above 0, at most 60 s. A bias that
   *     comes later still counts
   * @return what to expect until then
   * @throws IllegalArgumentException if the timeout is out of range
   */
  public Current open(BiasQuery query, Duration timeout) {
    MessageStream.requireTimeout(timeout);
    Pending superseded;
    Current current;
    synchronized (this) {
      Turn opened = new Turn(query, timeout, fallback(query));
      superseded = interim;
      interim = null;
      turn = opened;
      if (closed) {
        opened.current = failed(opened.current, closed());
      } else {
        begin(opened);
      }
      current = opened.current;
    }
    supersede(superseded);
    return current;
  }

  /**
   * What to expect now.
   *
   * @throws IllegalStateException if the microphone has not been opened
   */
  public synchronized Current current() {
    Turn open = turn();
    if (isExpired(open.current.bias)) {
      open.current =
          new Current(
              local(open.query, List.of(), Optional.empty()), Origin.CALLER, open.current.failure);
    }
    return open.current;
  }

  /** As {@link #rescore(NBest, Duration)}, with the client's bias deadline. */
  public CompletableFuture<Answer> rescore(NBest nBest) {
    return rescore(nBest, defaultTimeout);
  }

  /**
   * Rescores what the recogniser proposes in this turn. An interim n-best that is not answered yet
   * gives way to it.
   *
   * @param timeout the longest to wait; above 0, at most 60 s
   * @return completes within the timeout, never with an exception
   * @throws IllegalArgumentException if the timeout is out of range
   * @throws IllegalStateException if the microphone has not been opened
   */
  public CompletableFuture<Answer> rescore(NBest nBest, Duration timeout) {
    MessageStream.requireTimeout(timeout);
    Pending pending = new Pending(nBest, new CompletableFuture<>());
    Pending superseded;
    CompletableFuture<Rescored> sent;
    synchronized (this) {
      sent = send(turn(), nBest, timeout);
      superseded = interim;
      interim = nBest.interim() ? pending : null;
    }
    supersede(superseded);
    var unused =
        sent.whenComplete((rescored, failure) -> {
          if (rescored != null) {
            pending.answer.complete(new Answer(rescored, Optional.empty()));
          } else {
            pending.fail(reason(failure));
          }
        });
    return pending.answer;
  }

  /** Ends the stream, without waiting. What is unanswered may still be answered in its time. */
  @Override
  public void close() {
    BiasStream open;
    synchronized (this) {
      closed = true;
      open = stream;
    }
    if (open != null) {
      open.halfClose();
    }
  }

  private Turn turn() {
    if (turn == null) {
      throw new IllegalStateException("the microphone has not been opened");
    }
    return turn;
  }

  /** Sends the opening message, over a new stream if need be. Called under the lock. */
  private BiasStream begin(Turn opened) {
    BiasStream open = stream;
    if (open == null || !open.isOpen()) {
      open = streams.get();
      stream = open;
    }
    var unused =
        open.open(opened.query, opened.timeout, bias -> receive(opened, bias))
            .whenComplete((bias, failure) -> {
              if (failure != null) {
                noteFailure(opened, reason(failure));
              }
            });
    return open;
  }

  private CompletableFuture<Rescored> send(Turn opened, NBest nBest, Duration timeout) {
    if (closed) {
      return CompletableFuture.failedFuture(closed());
    }
    BiasStream open = stream;
    if (open == null || !open.isOpen()) {
      if (opened.reopened) {
        return CompletableFuture.failedFuture(
            EarshotException.local(
                Status.Code.UNAVAILABLE, "", "the stream was lost twice in this turn"));
      }
      opened.reopened = true;
      open = begin(opened);
    }
    return open.rescore(nBest, timeout);
  }

  private void receive(Turn opened, Bias bias) {
    Current received = new Current(bias, Origin.SERVER, Optional.empty());
    synchronized (this) {
      Current before = opened.current;
      boolean isOlder = before.origin == Origin.SERVER && bias.version() < before.bias.version();
      boolean isPoorer = before.origin == Origin.EARLIER_TURN && lacksContextForNow(bias);
      if (opened != turn || isOlder || isPoorer) {
        return;
      }
      opened.current = received;
      if (!lacksContextForNow(bias)) {
        lastBias = bias;
        lastQuery = opened.query;
      }
    }
    listener.accept(received);
  }

  /** Whether all context is missing, some of it for want of time or because the store failed. */
  private static boolean lacksContextForNow(Bias bias) {
    boolean forNow = false;
    for (Degradation.Context context : SOURCES) {
      Optional<Degradation.Reason> reason =
          bias.degradation().missing().stream()
              .filter(missing -> missing.context() == context)
              .map(Degradation.Missing::reason)
              .findFirst();
      if (reason.isEmpty()) {
        return false;
      }
      forNow |= FOR_NOW.contains(reason.get());
    }
    return forNow;
  }

  private synchronized void noteFailure(Turn opened, EarshotException failure) {
    if (opened.current.origin != Origin.SERVER) {
      opened.current = failed(opened.current, failure);
    }
  }

  private Current fallback(BiasQuery query) {
    if (lastBias == null || isExpired(lastBias) || !isSamePersons(query, lastQuery)) {
      return new Current(
          local(query, List.of(), Optional.empty()), Origin.CALLER, Optional.empty());
    }
    List<BiasPhrase> earlier =
        lastBias.phrases().stream()
            .filter(phrase -> phrase.source() != BiasPhrase.Source.REQUEST)
            .toList();
    return new Current(
        local(query, earlier, lastBias.expireTime()), Origin.EARLIER_TURN, Optional.empty());
  }

  /** One user's phrases must not reach another's recogniser. */
  private static boolean isSamePersons(BiasQuery query, BiasQuery earlier) {
    var now = query.toMessage();
    var then = earlier.toMessage();
    boolean isKnown = !now.getUserId().isEmpty() || !now.getDialogueId().isEmpty();
    boolean isSame =
        now.getUserId().isEmpty()
            ? then.getUserId().isEmpty() && now.getDialogueId().equals(then.getDialogueId())
            : now.getUserId().equals(then.getUserId());
    return isKnown && isSame && now.getLocale().equals(then.getLocale());
  }

  private boolean isExpired(Bias bias) {
    return bias.expireTime().isPresent() && !clock.instant().isBefore(bias.expireTime().get());
  }

  /** The caller's phrases, then others, as many as the query wants. */
  private static Bias local(
      BiasQuery query, List<BiasPhrase> others, Optional<Instant> expireTime) {
    var message = query.toMessage();
    int most = message.getMaxPhrases() > 0 ? message.getMaxPhrases() : DEFAULT_PHRASES;
    Set<String> texts = new HashSet<>();
    List<BiasPhrase> phrases = new ArrayList<>();
    message
        .getPhrasesList()
        .forEach(phrase -> {
          if (texts.add(phrase.getText())) {
            phrases.add(BiasPhrase.of(phrase));
          }
        });
    others.stream().filter(phrase -> texts.add(phrase.text())).forEach(phrases::add);
    List<BiasPhrase> kept = phrases.subList(0, Math.min(most, phrases.size()));
    boolean hasDialogue =
        !message.getInteractionId().isEmpty() || !message.getDialogueId().isEmpty();
    return new Bias(
        kept,
        "",
        Optional.empty(),
        phrases.size() - kept.size(),
        0,
        expireTime,
        new Degradation(
            List.of(
                missing(Degradation.Context.PROFILE, !message.getUserId().isEmpty()),
                missing(Degradation.Context.DIALOGUE, hasDialogue),
                missing(Degradation.Context.EMBEDDING, hasDialogue)),
            List.of()),
        Timings.NONE);
  }

  private static Degradation.Missing missing(Degradation.Context context, boolean isRequested) {
    return new Degradation.Missing(
        context, isRequested ? Degradation.Reason.NOT_READY : Degradation.Reason.NOT_REQUESTED);
  }

  private static Current failed(Current current, EarshotException failure) {
    return new Current(current.bias, current.origin, Optional.of(failure));
  }

  private static EarshotException closed() {
    return EarshotException.local(Status.Code.UNAVAILABLE, "", "the biasing is closed");
  }

  private static EarshotException reason(Throwable failure) {
    return EarshotException.from(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
  }

  private static void supersede(@Nullable Pending pending) {
    if (pending != null) {
      pending.fail(
          EarshotException.local(
              Status.Code.ABORTED, "SUPERSEDED", "a newer n-best came before the answer"));
    }
  }

  private static final class Turn {
    final BiasQuery query;
    final Duration timeout;

    // Guarded by the biasing.
    Current current;
    boolean reopened;

    Turn(BiasQuery query, Duration timeout, Current current) {
      this.query = query;
      this.timeout = timeout;
      this.current = current;
    }
  }

  private record Pending(NBest nBest, CompletableFuture<Answer> answer) {
    void fail(EarshotException failure) {
      answer.complete(new Answer(unchanged(), Optional.of(failure)));
    }

    private Rescored unchanged() {
      double scale = nBest.scoreScale() == 0 ? 1 : nBest.scoreScale();
      List<Hypothesis> given = nBest.hypotheses();
      List<RescoredHypothesis> hypotheses =
          IntStream.range(0, given.size())
              .mapToObj(i ->
                  new RescoredHypothesis(
                      given.get(i).text(),
                      given.get(i).score().isPresent()
                          ? OptionalDouble.of(given.get(i).score().getAsDouble() * scale)
                          : OptionalDouble.empty(),
                      i,
                      List.of()))
              .toList();
      List<Degradation.Stage> skipped =
          nBest.repair()
              ? List.of(Degradation.Stage.RESCORE, Degradation.Stage.REPAIR)
              : List.of(Degradation.Stage.RESCORE);
      return new Rescored(
          hypotheses, isFirstNotBest(), new Degradation(List.of(), skipped), Timings.NONE, 0, 0);
    }

    /** Hypotheses may be given in another order than that of their scores. */
    private boolean isFirstNotBest() {
      return nBest.hypotheses().stream()
          .max(Comparator.comparingDouble(given -> given.score().orElse(0)))
          .filter(best -> !best.text().equals(nBest.hypotheses().get(0).text()))
          .isPresent();
    }
  }
}
