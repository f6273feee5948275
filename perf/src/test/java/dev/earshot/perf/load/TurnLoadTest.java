package dev.earshot.perf.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.Embedding;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns over real sockets, against a server that behaves in one certain way. */
@Timeout(60)
final class TurnLoadTest {
  private static final Duration STRETCH = Duration.ofMillis(400);
  private static final Duration PATIENT = Duration.ofSeconds(20);

  private final Set<String> recorded = ConcurrentHashMap.newKeySet();
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private final AtomicLong count = new AtomicLong();
  private volatile boolean answersRecords = true;
  private volatile boolean refusesRecords;
  private Server server;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(new Recording())
            .addService(new Biasing())
            .build()
            .start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    boolean unused = server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }

  @Test
  void asksForTheBiasOfEachTurnOnceItsEventsAreAcknowledged() throws Exception {
    TurnLoad.Result result = play(Optional.empty());
    assertThat(result.recorded().scheduled()).isPositive();
    assertThat(result.recorded().full()).isEqualTo(result.recorded().scheduled());
    assertThat(result.biases().full()).isEqualTo(result.recorded().scheduled());
    assertThat(asked).isEqualTo(recorded);
  }

  @Test
  void asksForTheBiasWhenTheReplyEndsWhateverBecameOfTheEvents() throws Exception {
    answersRecords = false;
    TurnLoad.Result result = play(Optional.of(Duration.ofMillis(300)));
    assertThat(result.recorded().late()).isEqualTo(result.recorded().scheduled());
    assertThat(result.biases().full()).isPositive().isEqualTo(result.recorded().scheduled());
  }

  @Test
  void asksForNoBiasOfATurnThatWasRefused() throws Exception {
    refusesRecords = true;
    TurnLoad.Result result = play(Optional.empty());
    assertThat(result.recorded().refused()).isEqualTo(result.recorded().scheduled());
    assertThat(result.biases().scheduled()).isZero();
  }

  @Test
  void countsSeveralStretchesAsOne() throws Exception {
    try (TurnLoad load = load(Optional.empty())) {
      TurnLoad.Played first = load.start("first", STRETCH);
      TurnLoad.Result one = first.await();
      TurnLoad.Played second = load.start("second", STRETCH);
      TurnLoad.Result other = second.await();
      TurnLoad.Result both = TurnLoad.result("both", List.of(first, second));
      assertThat(both.recorded().scheduled())
          .isEqualTo(one.recorded().scheduled() + other.recorded().scheduled());
      assertThat(both.biases().latencyUs().count())
          .isEqualTo(one.biases().latencyUs().count() + other.biases().latencyUs().count());
      assertThat(both.recorded().seconds()).isEqualTo(0.8);
    }
  }

  private TurnLoad.Result play(Optional<Duration> reply) throws InterruptedException {
    try (TurnLoad load = load(reply)) {
      return load.start("test", STRETCH).await();
    }
  }

  private TurnLoad load(Optional<Duration> reply) {
    return new TurnLoad(
        new TurnLoad.Options(
            InetAddress.getLoopbackAddress().getHostAddress(),
            server.getPort(),
            100,
            reply,
            answersRecords ? PATIENT : STRETCH,
            PATIENT,
            Arrivals.CONSTANT,
            1),
        random -> {
          String id = "turn-" + count.getAndIncrement();
          return new TurnLoad.Turn(
              RecordEventsRequest.newBuilder().setInteractionId(id).build().toByteArray(),
              GetBiasRequest.newBuilder().setInteractionId(id).build().toByteArray());
        });
  }

  private final class Recording extends InteractionsGrpc.InteractionsImplBase {
    @Override
    public void recordEvents(RecordEventsRequest request, StreamObserver<Interaction> observer) {
      recorded.add(request.getInteractionId());
      if (refusesRecords) {
        observer.onError(Status.RESOURCE_EXHAUSTED.asRuntimeException());
      } else if (answersRecords) {
        observer.onNext(Interaction.getDefaultInstance());
        observer.onCompleted();
      }
    }
  }

  private final class Biasing extends BiaserGrpc.BiaserImplBase {
    @Override
    public void getBias(GetBiasRequest request, StreamObserver<Bias> observer) {
      asked.add(request.getInteractionId());
      observer.onNext(
          Bias.newBuilder()
              .addPhrases(BiasPhrase.newBuilder().setText("bauer"))
              .setEmbedding(Embedding.newBuilder().addValues(1))
              .build());
      observer.onCompleted();
    }
  }
}
