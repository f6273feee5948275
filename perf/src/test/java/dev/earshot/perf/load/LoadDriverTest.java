package dev.earshot.perf.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.v1.Degradation;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import dev.earshot.v1.Timings;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The driver over real sockets, against servers that behave in one certain way. */
@Timeout(60)
final class LoadDriverTest {
  private static final Duration PATIENT = Duration.ofSeconds(20);
  private static final Phase HALF_A_SECOND = Phase.of("test", 400, Duration.ofMillis(500));
  private static final List<String> TEXTS = List.of("turn it up", "what time is it");

  private final Set<ShortlistRequest> seen = ConcurrentHashMap.newKeySet();
  private final List<Server> servers = new ArrayList<>();

  @AfterEach
  void stop() throws InterruptedException {
    for (Server server : servers) {
      boolean unused = server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void sendsOnTimeWhateverBecameOfTheRequestsBefore() throws Exception {
    // Answers nothing until two hundred requests wait: a driver that waited for answers would
    // never send the second one.
    List<StreamObserver<ShortlistResponse>> waiting = new ArrayList<>();
    PhaseResult result =
        run(
            unary((request, observer) -> {
              waiting.add(observer);
              if (waiting.size() == 200) {
                waiting.forEach(LoadDriverTest::answerInFull);
              } else if (waiting.size() > 200) {
                answerInFull(observer);
              }
            }),
            metronome(ShortlistTraffic.unary(TEXTS, population(3, 0))),
            Phase.of("test", 402, Duration.ofMillis(500)));
    assertThat(result.scheduled()).isBetween(200L, 201L);
    assertThat(result.full()).isEqualTo(result.scheduled());
    assertThat(result.latencyUs().count()).isEqualTo(result.scheduled());
  }

  @Test
  void countsWhatIsMarked() throws Exception {
    PhaseResult result =
        run(
            unary((request, observer) -> {
              observer.onNext(
                  ShortlistResponse.newBuilder()
                      .setDegradation(
                          Degradation.newBuilder()
                              .addMissing(
                                  Degradation.Missing.newBuilder()
                                      .setContext(Degradation.Context.CONTEXT_PROFILE)
                                      .setReason(Degradation.Reason.REASON_NOT_READY)))
                      .setTimings(Timings.newBuilder().setTotalUs(700))
                      .build());
              observer.onCompleted();
            }),
            metronome(ShortlistTraffic.unary(TEXTS, population(3, 0))),
            HALF_A_SECOND);
    assertThat(result.degraded()).isPositive().isEqualTo(result.scheduled());
    assertThat(result.missing()).containsOnly(Map.entry("PROFILE/NOT_READY", result.scheduled()));
    assertThat(result.stagesUs()).isNotNull();
    assertThat(result.stagesUs().total()).isEqualTo(700);
  }

  @Test
  void givesUpAtTheDeadline() throws Exception {
    Server server = unary((request, observer) -> {});
    PhaseResult result =
        run(
            server,
            metronome(ShortlistTraffic.unary(TEXTS, population(3, 0))),
            HALF_A_SECOND,
            Duration.ofMillis(30));
    assertThat(result.late()).isPositive().isEqualTo(result.scheduled());
    assertThat(result.latencyUs().p50()).isGreaterThanOrEqualTo(29_900);
  }

  @Test
  void tellsRefusalsFromFailures() throws Exception {
    PhaseResult result =
        run(
            unary((request, observer) ->
                observer.onError(
                    (request.getUserId().isEmpty() ? Status.INTERNAL : Status.RESOURCE_EXHAUSTED)
                        .asRuntimeException())),
            metronome(ShortlistTraffic.unary(TEXTS, population(3, 0))),
            HALF_A_SECOND);
    assertThat(result.refused()).isPositive().isEqualTo(result.scheduled());
    assertThat(result.refusalUs().count()).isEqualTo(result.refused());
    assertThat(result.latencyUs().count()).isZero();
  }

  @Test
  void takesAnEarlyNoForARefusal() throws Exception {
    PhaseResult result =
        run(
            unary((request, observer) ->
                observer.onError(Status.DEADLINE_EXCEEDED.asRuntimeException())),
            metronome(ShortlistTraffic.unary(TEXTS, population(3, 0))),
            HALF_A_SECOND);
    assertThat(result.refusedWith())
        .containsOnly(Map.entry("DEADLINE_EXCEEDED", result.scheduled()));
    assertThat(result.late()).isZero();
  }

  @Test
  void asksForKnownAndUnknownUsers() throws Exception {
    PhaseResult result =
        run(
            unary((request, observer) -> answerInFull(observer)),
            metronome(ShortlistTraffic.unary(TEXTS, population(3, 0.5))),
            HALF_A_SECOND);
    assertThat(result.full()).isEqualTo(result.scheduled());
    assertThat(seen).extracting(ShortlistRequest::getUtterance).isSubsetOf(TEXTS);
    long unknown = seen.stream().filter(r -> r.getUserId().startsWith("nobody-")).count();
    assertThat(unknown).isBetween(result.scheduled() / 3, 2 * result.scheduled() / 3);
    assertThat(seen).extracting(ShortlistRequest::getUserId).contains("user-0", "user-1", "user-2");
  }

  @Test
  void matchesAnswersOnAStreamThatComeInAnyOrder() throws Exception {
    Server server = start(new OutOfOrder());
    PhaseResult result =
        run(
            server,
            metronome(ShortlistTraffic.stream(TEXTS, population(3, 0), Duration.ofMillis(15))),
            HALF_A_SECOND,
            Duration.ofSeconds(2));
    // Of every four messages the server refuses one.
    assertThat(result.refused()).isPositive();
    assertThat(result.full()).isBetween(2 * result.refused(), 4 * result.refused());
    assertThat(result.full() + result.refused() + result.late()).isEqualTo(result.scheduled());
    // At most three wait on each connection at the end.
    assertThat(result.late()).isLessThanOrEqualTo(6);
  }

  @Test
  void phasesFollowEachOtherWithoutAPause() throws Exception {
    Server server = unary((request, observer) -> answerInFull(observer));
    try (LoadDriver driver =
        driver(server, metronome(ShortlistTraffic.unary(TEXTS, population(3, 0))), PATIENT)) {
      List<PhaseResult> results =
          driver.run(
              List.of(
                  Phase.of("slow", 100, Duration.ofMillis(300)),
                  Phase.of("fast", 1_000, Duration.ofMillis(300)).withTimeline()),
              null,
              LoadDriver.Progress.NONE);
      assertThat(results).extracting(PhaseResult::scheduled).containsExactly(29L, 299L);
      Timeline.Window[] windows = results.get(1).timeline().windows(100);
      assertThat(windows).hasSize(3);
      assertThat(windows[0].requests()).isBetween(98, 101);
    }
  }

  private record Load(Traffic traffic) {}

  private static Load metronome(Traffic traffic) {
    return new Load(traffic);
  }

  private PhaseResult run(Server server, Load load, Phase phase) throws InterruptedException {
    return run(server, load, phase, PATIENT);
  }

  private PhaseResult run(Server server, Load load, Phase phase, Duration deadline)
      throws InterruptedException {
    try (LoadDriver driver = driver(server, load, deadline)) {
      return driver.run(List.of(phase), null, LoadDriver.Progress.NONE).get(0);
    }
  }

  private static LoadDriver driver(Server server, Load load, Duration deadline) {
    return new LoadDriver(
        new LoadDriver.Options(
            InetAddress.getLoopbackAddress().getHostAddress(),
            server.getPort(),
            1,
            2,
            deadline,
            Arrivals.CONSTANT,
            1),
        load.traffic);
  }

  private static ShortlistTraffic.Population population(int users, double unknown) {
    List<String> ids = new ArrayList<>();
    for (int user = 0; user < users; user++) {
      ids.add("user-" + user);
    }
    return new ShortlistTraffic.Population(ids, 0, unknown);
  }

  private interface Behaviour {
    void answer(ShortlistRequest request, StreamObserver<ShortlistResponse> observer);
  }

  private Server unary(Behaviour behaviour) throws Exception {
    return start(
        new ShortlisterGrpc.ShortlisterImplBase() {
          @Override
          public void shortlist(
              ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {
            seen.add(request);
            synchronized (this) {
              behaviour.answer(request, observer);
            }
          }
        });
  }

  private Server start(ShortlisterGrpc.ShortlisterImplBase service) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(service)
            .build()
            .start();
    servers.add(server);
    return server;
  }

  private static void answerInFull(StreamObserver<ShortlistResponse> observer) {
    observer.onNext(ShortlistResponse.newBuilder().setBundleVersion("test").build());
    observer.onCompleted();
  }

  /** Answers four messages together, the last one first, and refuses one of them. */
  private static final class OutOfOrder extends ShortlisterGrpc.ShortlisterImplBase {
    @Override
    public StreamObserver<ShortlistStreamRequest> shortlistStream(
        StreamObserver<ShortlistStreamResponse> responses) {
      return new StreamObserver<>() {
        private final List<ShortlistStreamRequest> waiting = new ArrayList<>();

        @Override
        public void onNext(ShortlistStreamRequest message) {
          waiting.add(0, message);
          if (waiting.size() < 4) {
            return;
          }
          for (int i = 0; i < waiting.size(); i++) {
            ShortlistStreamResponse.Builder response =
                ShortlistStreamResponse.newBuilder().setRequestId(waiting.get(i).getRequestId());
            if (i == 0) {
              response.setError(
                  com.google.rpc.Status.newBuilder()
                      .setCode(Status.Code.RESOURCE_EXHAUSTED.value()));
            } else {
              response.setResponse(ShortlistResponse.getDefaultInstance());
            }
            responses.onNext(response.build());
          }
          waiting.clear();
        }

        @Override
        public void onError(Throwable thrown) {}

        @Override
        public void onCompleted() {
          responses.onCompleted();
        }
      };
    }
  }
}
