package dev.earshot.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.rpc.Code;
import dev.earshot.v1.BiasStreamRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BiasStreamTest {
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final NBest HEARD =
      NBest.of(List.of(Hypothesis.of("call power", -1), Hypothesis.of("call bower", -2)));

  private final PeerBiaser peer = new PeerBiaser();
  private final PeerServer server = PeerServer.start(peer);
  private final EarshotClient client = server.client().streamInflight(3).build();
  private final BiasStream stream = client.openBiasStream();
  private final BlockingQueue<Bias> heard = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void hearsTheFirstBiasAndTheBetterOne() throws InterruptedException {
    CompletableFuture<Bias> first =
        stream.open(BiasQuery.interaction("turn-1"), Duration.ofMillis(1_500), heard::add);
    PeerBiaser.Exchange exchange = peer.nextStream();
    BiasStreamRequest open = exchange.take();
    assertThat(open.getOpen().getInteractionId()).isEqualTo("turn-1");
    assertThat(Durations.toMillis(open.getTimeout())).isEqualTo(1_500);

    exchange.push(open.getRequestId(), PeerBiaser.bias(1));
    assertThat(first.join().version()).isEqualTo(1);
    exchange.push(open.getRequestId(), PeerBiaser.bias(2));
    assertThat(next().version()).isEqualTo(1);
    assertThat(next().version()).isEqualTo(2);
  }

  @Test
  void hearsAFirstBiasThatIsLate() throws InterruptedException {
    CompletableFuture<Bias> first = stream.open(BiasQuery.NONE, Duration.ofMillis(20), heard::add);
    assertThat(failure(first)).isInstanceOf(EarshotException.DeadlineExceeded.class);
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.push(exchange.take().getRequestId(), PeerBiaser.bias(1));
    assertThat(next().version()).isEqualTo(1);
  }

  @Test
  void hearsNothingOfAnEarlierTurn() throws InterruptedException {
    var unused = stream.open(BiasQuery.interaction("turn-1"), LONG, heard::add);
    CompletableFuture<Bias> second = stream.open(BiasQuery.interaction("turn-2"), LONG, heard::add);
    PeerBiaser.Exchange exchange = peer.nextStream();
    String one = exchange.take().getRequestId();
    String two = exchange.take().getRequestId();
    exchange.push(one, PeerBiaser.bias(1));
    exchange.push(one, PeerBiaser.bias(2));
    exchange.push(two, PeerBiaser.bias(7));
    assertThat(second.join().version()).isEqualTo(7);
    assertThat(next().version()).isEqualTo(7);
    assertThat(heard).isEmpty();
  }

  @Test
  void survivesAListenerThatThrows() throws InterruptedException {
    CompletableFuture<Bias> first =
        stream.open(
            BiasQuery.NONE,
            LONG,
            bias -> {
              throw new IllegalStateException("as the test wants");
            });
    CompletableFuture<Rescored> rescored = stream.rescore(HEARD, LONG);
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.push(exchange.take().getRequestId(), PeerBiaser.bias(1));
    exchange.rescore(exchange.take());
    assertThat(first.join().version()).isEqualTo(1);
    assertThat(rescored.join().changed()).isTrue();
  }

  @Test
  void rescoresWhatIsHeardSoFar() throws InterruptedException {
    CompletableFuture<Rescored> interim = stream.rescore(HEARD.asInterim(), LONG);
    CompletableFuture<Rescored> last =
        stream.rescore(HEARD.repaired().withScoreScale(2), Duration.ofMillis(1_500));
    PeerBiaser.Exchange exchange = peer.nextStream();
    BiasStreamRequest one = exchange.take();
    BiasStreamRequest two = exchange.take();
    assertThat(one.getHypotheses().getInterim()).isTrue();
    assertThat(two.getHypotheses().getInterim()).isFalse();
    assertThat(two.getHypotheses().getScoreScale()).isEqualTo(2);
    assertThat(Durations.toMillis(two.getTimeout())).isEqualTo(1_500);
    exchange.rescore(two);
    exchange.refuse(one, EarshotClientTest.error(Code.ABORTED));
    assertThat(last.join().best().orElseThrow().text()).isEqualTo("call bower");
    assertThat(failure(interim)).isInstanceOf(EarshotException.Aborted.class);
  }

  @Test
  void failsABadMessageAlone() throws InterruptedException {
    CompletableFuture<Bias> bad = stream.open(BiasQuery.NONE, LONG, heard::add);
    CompletableFuture<Rescored> good = stream.rescore(HEARD, LONG);
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.refuse(exchange.take(), EarshotClientTest.error(Code.INVALID_ARGUMENT));
    exchange.rescore(exchange.take());
    assertThat(good.join().best()).isPresent();
    assertThat(failure(bad)).isInstanceOf(EarshotException.InvalidArgument.class);
    assertThat(heard).isEmpty();
    assertThat(stream.unanswered()).isZero();
  }

  @Test
  void keepsWhatIsUnansweredWithinTheLimit() {
    for (int i = 0; i < 3; i++) {
      var unused = stream.rescore(HEARD, LONG);
    }
    assertThat(failure(stream.rescore(HEARD, LONG)))
        .isInstanceOfSatisfying(
            EarshotException.ResourceExhausted.class,
            e -> assertThat(e.reason()).isEqualTo("STREAM_INFLIGHT"));
    stream.cancel();
  }

  @Test
  void saysWhetherItIsOpen() throws InterruptedException {
    assertThat(stream.isOpen()).isTrue();
    CompletableFuture<Rescored> answer = stream.rescore(HEARD, LONG);
    peer.nextStream().end();
    assertThat(failure(answer)).isInstanceOf(EarshotException.Unavailable.class);
    assertThat(stream.isOpen()).isFalse();
  }

  @Test
  void endsWithTheClient() throws InterruptedException {
    CompletableFuture<Rescored> answer = stream.rescore(HEARD, LONG);
    PeerBiaser.Exchange exchange = peer.nextStream();
    exchange.rescore(exchange.take());
    client.close();
    assertThat(answer).isCompleted();
    assertThat(exchange.halfClosed.getCount()).isZero();
  }

  private Bias next() throws InterruptedException {
    Bias bias = heard.poll(20, TimeUnit.SECONDS);
    if (bias == null) {
      throw new AssertionError("no bias was pushed");
    }
    return bias;
  }

  private static @Nullable Throwable failure(CompletableFuture<?> future) {
    Throwable thrown = ThrowableAssert.catchThrowable(future::join);
    return thrown.getCause();
  }
}
