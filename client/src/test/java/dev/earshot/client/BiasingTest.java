package dev.earshot.client;

import static dev.earshot.v1.Degradation.Reason.REASON_BUDGET;
import static dev.earshot.v1.Degradation.Reason.REASON_NOT_FOUND;
import static dev.earshot.v1.Degradation.Reason.REASON_NOT_READY;
import static dev.earshot.v1.Degradation.Reason.REASON_NOT_REQUESTED;
import static dev.earshot.v1.Degradation.Reason.REASON_OVERLOAD;
import static dev.earshot.v1.Degradation.Reason.REASON_STORE_ERROR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import dev.earshot.client.Biasing.Answer;
import dev.earshot.client.Biasing.Current;
import dev.earshot.client.Biasing.Origin;
import dev.earshot.client.Degradation.Context;
import dev.earshot.client.Degradation.Missing;
import dev.earshot.client.Degradation.Reason;
import dev.earshot.client.Degradation.Stage;
import dev.earshot.v1.BiasStreamRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BiasingTest {
  private static final Duration TIMEOUT = Duration.ofMillis(50);
  private static final NBest HEARD =
      NBest.of(List.of(Hypothesis.of("call power", -1), Hypothesis.of("call bower", -2)));
  private static final BiasQuery QUERY = BiasQuery.interaction("turn-1").user("ada");

  private final PeerBiaser peer = new PeerBiaser();
  private final PeerServer server = PeerServer.start(peer);
  private final EarshotClient client = server.client().build();
  private final ManualTimer timer = new ManualTimer();
  private final BlockingQueue<Current> heard = new LinkedBlockingQueue<>();
  private Instant now = Instant.ofEpochSecond(1_000_000);
  private final Biasing biasing = new Biasing(this::openStream, TIMEOUT, () -> now, heard::add);

  @AfterEach
  void close() {
    biasing.close();
    client.close();
    server.close();
    timer.shutdownNow();
  }

  @Test
  void hasTheCallersPhrasesUntilTheServersBiasIsThere() throws InterruptedException {
    Current atFirst = biasing.open(QUERY.phrases(List.of(BiasPhrase.of("Meg"))));
    assertThat(atFirst.origin()).isEqualTo(Origin.CALLER);
    assertThat(texts(atFirst)).containsExactly("Meg");
    assertThat(atFirst.bias().degradation().missing())
        .containsExactly(
            new Missing(Context.PROFILE, Reason.NOT_READY),
            new Missing(Context.DIALOGUE, Reason.NOT_READY),
            new Missing(Context.EMBEDDING, Reason.NOT_READY));
    assertThat(biasing.current()).isEqualTo(atFirst);

    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.push(exchange.take().getRequestId(), PeerBiaser.bias(1, "meg bauer"));
    Current pushed = next();
    assertThat(pushed.origin()).isEqualTo(Origin.SERVER);
    assertThat(texts(pushed)).containsExactly("meg bauer");
    assertThat(biasing.current()).isEqualTo(pushed);
  }

  @Test
  void takesABetterBiasAndNoOlderOne() throws InterruptedException {
    biasing.open(QUERY);
    PeerBiaser.Exchange exchange = peer.nextStream();
    String id = exchange.take().getRequestId();
    exchange.push(id, PeerBiaser.bias(5, "first"));
    exchange.push(id, PeerBiaser.bias(4, "older"));
    exchange.push(id, PeerBiaser.bias(5, "better"));
    assertThat(texts(next())).containsExactly("first");
    assertThat(texts(next())).containsExactly("better");
    assertThat(texts(biasing.current())).containsExactly("better");
    assertThat(heard).isEmpty();
  }

  @Test
  void beginsATurnWithWhatTheOneBeforeLeft() throws InterruptedException {
    PeerBiaser.Exchange exchange = turnWithBias(QUERY, "bauer", "meg");
    Current next =
        biasing.open(
            BiasQuery.interaction("turn-2")
                .user("ada")
                .phrases(List.of(BiasPhrase.of("meg", 9), BiasPhrase.of("jones")))
                .maxPhrases(2));
    assertThat(next.origin()).isEqualTo(Origin.EARLIER_TURN);
    assertThat(next.bias().phrases())
        .containsExactly(BiasPhrase.of("meg", 9), BiasPhrase.of("jones"));
    assertThat(next.bias().droppedPhrases()).isEqualTo(1);
    assertThat(next.bias().embedding()).isEmpty();
    assertThat(next.bias().contextText()).isEmpty();
    assertThat(next.bias().version()).isZero();

    // The same stream, and the new turn's bias whatever its version.
    exchange.push(exchange.take().getRequestId(), PeerBiaser.bias(1, "smith"));
    assertThat(texts(next())).containsExactly("smith");
    assertThat(peer.exchanges).isEmpty();
  }

  @Test
  void keepsAnEarlierTurnsPhrasesWhileTheServerHasNone() throws InterruptedException {
    PeerBiaser.Exchange exchange = turnWithBias(QUERY, "bauer");
    biasing.open(QUERY);
    String id = exchange.take().getRequestId();
    exchange.push(id, without(REASON_BUDGET, REASON_NOT_FOUND));
    exchange.push(id, without(REASON_NOT_FOUND, REASON_NOT_FOUND));
    // The second had no context to give, which is an answer.
    assertThat(texts(next())).containsExactly("asked for");
    assertThat(heard).isEmpty();

    turnAfter(exchange, PeerBiaser.bias(9, "jones"));
    turnAfter(exchange, without(REASON_NOT_READY, REASON_STORE_ERROR));
    assertThat(biasing.current().origin()).isEqualTo(Origin.EARLIER_TURN);
    assertThat(texts(biasing.current())).containsExactly("jones");

    // Where there is no earlier turn's, it is as good as the caller's own, but no more than that.
    BiasQuery bob = BiasQuery.NONE.user("bob");
    biasing.open(bob);
    exchange.push(exchange.take().getRequestId(), without(REASON_OVERLOAD, REASON_NOT_REQUESTED));
    assertThat(texts(next())).containsExactly("asked for");
    assertThat(biasing.open(bob).origin()).isEqualTo(Origin.CALLER);
  }

  @Test
  void givesNobodyAnothersPhrases() throws InterruptedException {
    turnWithBias(QUERY.dialogue("d").locale("en-US"), "bauer");
    BiasQuery ada = BiasQuery.NONE.user("ada").locale("en-US");
    assertThat(biasing.open(ada.user("bob")).origin()).isEqualTo(Origin.CALLER);
    assertThat(biasing.open(BiasQuery.NONE.locale("en-US").dialogue("d")).origin())
        .isEqualTo(Origin.CALLER);
    assertThat(biasing.open(BiasQuery.NONE.locale("en-US")).origin()).isEqualTo(Origin.CALLER);
    assertThat(biasing.open(ada.locale("de-DE")).origin()).isEqualTo(Origin.CALLER);
    assertThat(biasing.open(ada).origin()).isEqualTo(Origin.EARLIER_TURN);
  }

  @Test
  void leavesOutTheCallersPhrasesOfAnEarlierTurn() throws InterruptedException {
    biasing.open(QUERY);
    PeerBiaser.Exchange exchange = peer.nextStream();
    dev.earshot.v1.Bias.Builder bias = PeerBiaser.bias(1, "bauer", "asked for").toBuilder();
    bias.getPhrasesBuilder(1).setSource(dev.earshot.v1.BiasPhrase.Source.SOURCE_REQUEST);
    exchange.push(exchange.take().getRequestId(), bias.build());
    next();
    assertThat(texts(biasing.open(QUERY))).containsExactly("bauer");
  }

  @Test
  void dropsABiasWhenItExpires() throws InterruptedException {
    biasing.open(QUERY.phrases(List.of(BiasPhrase.of("meg"))));
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.push(
        exchange.take().getRequestId(),
        PeerBiaser.bias(1, "bauer").toBuilder()
            .setExpireTime(Timestamp.newBuilder().setSeconds(1_000_060))
            .build());
    next();
    now = now.plusSeconds(59);
    assertThat(texts(biasing.current())).containsExactly("bauer");
    now = now.plusSeconds(1);
    assertThat(biasing.current().origin()).isEqualTo(Origin.CALLER);
    assertThat(texts(biasing.current())).containsExactly("meg");
    assertThat(biasing.open(QUERY).origin()).isEqualTo(Origin.CALLER);
  }

  @Test
  void saysWhyTheServersBiasIsMissing() throws InterruptedException {
    biasing.open(QUERY);
    PeerBiaser.Exchange exchange = peer.nextStream();
    BiasStreamRequest open = exchange.take();
    assertThat(biasing.current().failure()).isEmpty();
    timer.elapse(TIMEOUT);
    assertThat(biasing.current().failure().orElseThrow())
        .isInstanceOf(EarshotException.DeadlineExceeded.class);
    assertThat(heard).isEmpty();

    // Late, and still of use.
    exchange.push(open.getRequestId(), PeerBiaser.bias(1, "bauer"));
    assertThat(next().failure()).isEmpty();
    assertThat(texts(biasing.current())).containsExactly("bauer");
  }

  @Test
  void rescoresWithTheServer() throws InterruptedException {
    biasing.open(QUERY);
    CompletableFuture<Answer> answer = biasing.rescore(HEARD);
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.take();
    exchange.rescore(exchange.take());
    assertThat(answer.join().isRescored()).isTrue();
    assertThat(answer.join().rescored().best().orElseThrow().text()).isEqualTo("call bower");
  }

  @Test
  void givesTheHypothesesBackWhenThereIsNoAnswerInTime() throws InterruptedException {
    biasing.open(QUERY);
    CompletableFuture<Answer> late = biasing.rescore(HEARD.withScoreScale(2).repaired());
    timer.elapse(TIMEOUT.minusNanos(1));
    assertThat(late).isNotDone();
    timer.elapse(Duration.ofNanos(1));
    Answer answer = late.join();
    assertThat(answer.isRescored()).isFalse();
    assertThat(answer.failure().orElseThrow())
        .isInstanceOf(EarshotException.DeadlineExceeded.class);
    assertThat(answer.rescored().hypotheses())
        .extracting(RescoredHypothesis::text, h -> h.score().orElse(0), h -> h.sourceIndex())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("call power", -2.0, 0),
            org.assertj.core.groups.Tuple.tuple("call bower", -4.0, 1));
    assertThat(answer.rescored().changed()).isFalse();
    assertThat(answer.rescored().degradation().skippedStages())
        .containsExactly(Stage.RESCORE, Stage.REPAIR);
  }

  @Test
  void saysWhetherTheFirstHypothesisIsTheRecognisersBest() {
    biasing.open(QUERY);
    biasing.close();
    Hypothesis one = Hypothesis.of("one", -2);
    Hypothesis two = Hypothesis.of("two", -1);
    assertThat(changed(one, two)).isTrue();
    assertThat(changed(two, one)).isFalse();
    assertThat(changed(one, Hypothesis.of("two", -2))).isFalse();
    assertThat(changed(Hypothesis.of("one"), Hypothesis.of("two"))).isFalse();
    assertThat(changed()).isFalse();
  }

  private boolean changed(Hypothesis... given) {
    return biasing.rescore(NBest.of(List.of(given))).join().rescored().changed();
  }

  @Test
  void givesTheHypothesesBackWhenTheyAreRefused() throws InterruptedException {
    biasing.open(QUERY);
    CompletableFuture<Answer> refused = biasing.rescore(NBest.of(List.of(Hypothesis.of("call"))));
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.take();
    exchange.refuse(exchange.take(), EarshotClientTest.error(Code.INVALID_ARGUMENT));
    assertThat(refused.join().failure().orElseThrow())
        .isInstanceOf(EarshotException.InvalidArgument.class);
    assertThat(refused.join().rescored().best().orElseThrow().score()).isEmpty();
  }

  @Test
  void letsANewerNBestTakeTheInterimOnesPlace() throws InterruptedException {
    biasing.open(QUERY);
    CompletableFuture<Answer> one = biasing.rescore(HEARD.asInterim());
    CompletableFuture<Answer> two = biasing.rescore(HEARD.asInterim());
    assertThat(one).isCompleted();
    assertThat(one.join().failure().orElseThrow())
        .isInstanceOfSatisfying(
            EarshotException.Aborted.class, e -> assertThat(e.reason()).isEqualTo("SUPERSEDED"));
    CompletableFuture<Answer> last = biasing.rescore(HEARD);
    assertThat(two).isCompleted();
    CompletableFuture<Answer> another = biasing.rescore(HEARD);
    assertThat(last).isNotDone();

    PeerBiaser.Exchange exchange = peer.nextStream();
    for (int i = 0; i < 3; i++) {
      exchange.take();
    }
    exchange.rescore(exchange.take());
    exchange.rescore(exchange.take());
    assertThat(last.join().isRescored()).isTrue();
    assertThat(another.join().isRescored()).isTrue();
  }

  @Test
  void endsAnInterimNBestWithItsTurn() {
    biasing.open(QUERY);
    CompletableFuture<Answer> interim = biasing.rescore(HEARD.asInterim());
    biasing.open(QUERY);
    assertThat(interim.join().failure().orElseThrow()).isInstanceOf(EarshotException.Aborted.class);
  }

  @Test
  void opensALostStreamAgainOnceATurn() throws InterruptedException {
    biasing.open(QUERY);
    CompletableFuture<Answer> lost = biasing.rescore(HEARD);
    PeerBiaser.Exchange first = peer.nextStream();
    first.end();
    assertThat(lost.join().failure().orElseThrow())
        .isInstanceOf(EarshotException.Unavailable.class);

    CompletableFuture<Answer> again = biasing.rescore(HEARD);
    PeerBiaser.Exchange second = peer.nextStream();
    assertThat(second.take().getOpen()).isEqualTo(QUERY.toMessage());
    BiasStreamRequest hypotheses = second.take();
    second.rescore(hypotheses);
    assertThat(again.join().isRescored()).isTrue();

    CompletableFuture<Answer> lostAgain = biasing.rescore(HEARD);
    second.take();
    second.end();
    assertThat(lostAgain.join().isRescored()).isFalse();
    assertThat(biasing.rescore(HEARD)).isCompleted();
    assertThat(peer.exchanges).isEmpty();

    biasing.open(QUERY);
    assertThat(peer.nextStream().take().hasOpen()).isTrue();
  }

  @Test
  void keepsTheServersBiasWhenTheStreamIsOpenedAgainInVain() throws InterruptedException {
    PeerBiaser.Exchange first = turnWithBias(QUERY, "bauer");
    CompletableFuture<Answer> lost = biasing.rescore(HEARD);
    first.take();
    first.end();
    assertThat(lost.join().isRescored()).isFalse();
    CompletableFuture<Answer> again = biasing.rescore(HEARD);
    PeerBiaser.Exchange second = peer.nextStream();
    second.refuse(second.take(), EarshotClientTest.error(Code.RESOURCE_EXHAUSTED));
    second.rescore(second.take());
    assertThat(again.join().isRescored()).isTrue();
    assertThat(texts(biasing.current())).containsExactly("bauer");
    assertThat(biasing.current().failure()).isEmpty();
  }

  @Test
  void goesOnWithoutAServer() {
    server.close();
    assertThat(biasing.open(QUERY.phrases(List.of(BiasPhrase.of("meg")))).bias().phrases())
        .hasSize(1);
    assertThat(biasing.rescore(HEARD).join().failure().orElseThrow())
        .isInstanceOf(EarshotException.Unavailable.class);
    assertThat(biasing.current().failure().orElseThrow())
        .isInstanceOf(EarshotException.Unavailable.class);
  }

  @Test
  void closesWithoutWaitingAndLetsAnswersCome() throws InterruptedException {
    biasing.open(QUERY);
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.push(exchange.take().getRequestId(), PeerBiaser.bias(1, "bauer"));
    next();
    biasing.close();
    assertThat(exchange.halfClosed.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(texts(biasing.current())).containsExactly("bauer");
    assertThat(biasing.rescore(HEARD).join().isRescored()).isFalse();
    assertThat(biasing.open(QUERY).failure()).isPresent();
    assertThat(peer.exchanges).isEmpty();
  }

  @Test
  void refusesWhatCannotBeMeant() {
    assertThatIllegalStateException()
        .isThrownBy(() -> biasing.rescore(HEARD))
        .withMessage("the microphone has not been opened");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> biasing.open(QUERY, Duration.ofSeconds(61)))
        .withMessage("timeout: PT1M1S (expected: <= PT1M)");
    assertThatIllegalArgumentException().isThrownBy(() -> biasing.rescore(HEARD, Duration.ZERO));
  }

  private PeerBiaser.Exchange turnWithBias(BiasQuery query, String... texts)
      throws InterruptedException {
    biasing.open(query);
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.push(exchange.take().getRequestId(), PeerBiaser.bias(6, texts));
    next();
    return exchange;
  }

  /** Another turn whose bias was seen, and a later message's answer too, so it was handled. */
  private void turnAfter(PeerBiaser.Exchange exchange, dev.earshot.v1.Bias bias)
      throws InterruptedException {
    biasing.open(QUERY);
    exchange.push(exchange.take().getRequestId(), bias);
    CompletableFuture<Answer> answer = biasing.rescore(HEARD);
    exchange.rescore(exchange.take());
    assertThat(answer.join().isRescored()).isTrue();
    heard.clear();
  }

  private static dev.earshot.v1.Bias without(
      dev.earshot.v1.Degradation.Reason profile, dev.earshot.v1.Degradation.Reason dialogue) {
    return PeerBiaser.bias(0, "asked for").toBuilder()
        .setDegradation(
            dev.earshot.v1.Degradation.newBuilder()
                .addMissing(
                    dev.earshot.v1.Degradation.Missing.newBuilder()
                        .setContext(dev.earshot.v1.Degradation.Context.CONTEXT_PROFILE)
                        .setReason(profile))
                .addMissing(
                    dev.earshot.v1.Degradation.Missing.newBuilder()
                        .setContext(dev.earshot.v1.Degradation.Context.CONTEXT_DIALOGUE)
                        .setReason(dialogue)))
        .build();
  }

  private BiasStream openStream() {
    BiasStream stream = new BiasStream(TIMEOUT, 64, timer);
    stream.open(client.channel());
    return stream;
  }

  private Current next() throws InterruptedException {
    Current current = heard.poll(20, TimeUnit.SECONDS);
    if (current == null) {
      throw new AssertionError("no bias was pushed");
    }
    return current;
  }

  private static List<String> texts(Current current) {
    return current.bias().phrases().stream().map(BiasPhrase::text).toList();
  }

  /** Runs what is due when a test says that time has passed. */
  private static final class ManualTimer extends ScheduledThreadPoolExecutor {
    private record Due(long nanos, Callable<?> action, ScheduledFuture<?> handle) {
      void run() {
        try {
          var unused = handle.isCancelled() ? null : action.call();
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      }
    }

    private final List<Due> due = new ArrayList<>();
    private long nanos;

    ManualTimer() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable action, long delay, TimeUnit unit) {
      return schedule(Executors.callable(action), delay, unit);
    }

    @Override
    public synchronized <V> ScheduledFuture<V> schedule(
        Callable<V> action, long delay, TimeUnit unit) {
      // A real future that a caller can cancel, but that never comes due by itself.
      ScheduledFuture<V> handle = super.schedule(action, 1, TimeUnit.DAYS);
      due.add(new Due(nanos + unit.toNanos(delay), action, handle));
      return handle;
    }

    void elapse(Duration time) {
      List<Due> ready;
      synchronized (this) {
        nanos += time.toNanos();
        ready = due.stream().filter(task -> task.nanos <= nanos).toList();
        due.removeAll(ready);
      }
      ready.forEach(Due::run);
    }
  }
}
