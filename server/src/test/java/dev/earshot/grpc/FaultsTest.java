package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import dev.earshot.app.EarshotServer;
import dev.earshot.app.ServerOptions;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.model.Bundles;
import dev.earshot.profile.Profiles;
import dev.earshot.store.FaultyStore;
import dev.earshot.store.Profile;
import dev.earshot.store.StoreException;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What callers see when something behind the server or before it goes wrong, over real sockets.
 * Deadlines are long, so that a busy machine does not decide; what is promised about time is tested
 * on a clock of its own, in {@code ShortlisterTest}.
 */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // Set before each test.
class FaultsTest {
  private static final String USER = "ada";
  private static final String SKILL = "snips.GetWeather";
  private static final int BURST = 2_000;

  /** Which one depends on whether the deadline or the time of a read ends first. */
  private static final List<Degradation.Reason> NOT_THERE =
      List.of(Degradation.Reason.REASON_NOT_READY, Degradation.Reason.REASON_STORE_ERROR);

  private final FaultyStore store = new FaultyStore();
  private EarshotServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    new Profiles(store, InstantSource.system())
        .enable(USER, List.of(SKILL), new Profiles.Condition("", true))
        .toCompletableFuture()
        .join();
    server =
        EarshotServer.start(
            ServerOptions.embedded(Bundles.DEFAULT).withMetricsPort(0), real -> store);
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    server.close();
  }

  @Test
  void aStoreThatHangsDelaysNoAnswerAndIsUsedAgainWhenItIsBack() {
    store.reads(user -> new CompletableFuture<>());
    assertThat(reasons(ask(USER))).containsAnyElementsOf(NOT_THERE);

    // Until its circuit breaker opens.
    for (int i = 0;
        i < 64 && !reasons(ask("u" + i)).contains(Degradation.Reason.REASON_STORE_ERROR);
        i++) {
      assertThat(i).isLessThan(60);
    }

    store.reads(store::stored);
    awaitContextual();
  }

  @Test
  void aStoreThatFailsIsSaidSo() {
    store.reads(user -> CompletableFuture.failedStage(new StoreException("no disk")));
    assertThat(reasons(ask(USER))).containsExactly(Degradation.Reason.REASON_STORE_ERROR);
    store.reads(user -> {
      throw new IllegalStateException("a bug");
    });
    assertThat(reasons(ask(USER))).containsExactly(Degradation.Reason.REASON_STORE_ERROR);

    store.reads(store::stored);
    awaitContextual();
  }

  @Test
  void aProfileThatComesAfterTheAnswerServesTheNextRequest() {
    CompletableFuture<Optional<Profile>> late = new CompletableFuture<>();
    store.reads(user -> late);
    assertThat(reasons(ask(USER))).containsAnyElementsOf(NOT_THERE);
    late.complete(store.stored(USER).toCompletableFuture().join());
    int reads = store.readCount();

    assertThat(reasons(ask(USER))).isEmpty();
    assertThat(store.readCount()).isEqualTo(reads);
  }

  @Test
  void aCallerWhoGoesAwayLeavesNothingBehind() throws Exception {
    store.reads(user -> new CompletableFuture<>());
    CountDownLatch gone = new CountDownLatch(64);
    for (int i = 0; i < 64; i++) {
      Context.CancellableContext call = Context.current().withCancellation();
      call.run(() ->
          ShortlisterGrpc.newStub(channel)
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .shortlist(request("gone"), observer(failure -> gone.countDown())));
      call.cancel(null);
    }
    assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();

    store.reads(store::stored);
    awaitContextual();
    assertThat(metric("earshot_queue_depth")).isZero();
    assertThat(metric("earshot_failed_total")).isZero();
  }

  @Test
  void aBurstIsAnsweredInTimeOrRefusedAndThenForgotten() throws Exception {
    Map<Integer, String> outcomes = new ConcurrentHashMap<>();
    CountDownLatch ended = new CountDownLatch(BURST);
    for (int i = 0; i < BURST; i++) {
      int call = i;
      ShortlisterGrpc.newStub(channel)
          .shortlist(
              request(i % 2 == 0 ? USER : "unknown" + i),
              observer(failure -> {
                outcomes.put(call, outcome(failure));
                ended.countDown();
              }));
    }
    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();

    assertThat(outcomes).hasSize(BURST);
    assertThat(outcomes.values())
        .allMatch(List.of("answered", "OVERLOAD -1", "OVERLOAD later", "DEADLINE")::contains);
    assertThat(outcomes).containsValue("answered");
    assertThat(outcomes.values()).anyMatch(outcome -> outcome.startsWith("OVERLOAD"));
    awaitContextual();
  }

  @Test
  void aBurstOnAStreamIsAnsweredMessageByMessage() throws Exception {
    ConcurrentLinkedQueue<ShortlistStreamResponse> responses = new ConcurrentLinkedQueue<>();
    CountDownLatch ended = new CountDownLatch(1);
    StreamObserver<ShortlistStreamRequest> requests =
        ShortlisterGrpc.newStub(channel).shortlistStream(collector(responses, ended));
    for (int i = 0; i < BURST; i++) {
      requests.onNext(patient(message(i, i % 2 == 0 ? USER : "unknown" + i)));
    }
    requests.onCompleted();
    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();

    assertThat(responses).hasSize(BURST);
    assertThat(responses).anyMatch(ShortlistStreamResponse::hasResponse);
    assertThat(responses)
        .allMatch(response ->
            response.hasResponse()
                || response.getError().getCode() == Code.RESOURCE_EXHAUSTED_VALUE
                || response.getError().getCode() == Code.DEADLINE_EXCEEDED_VALUE);
  }

  @Test
  void aStoreThatHangsDelaysNoMessageOfAStream() throws Exception {
    store.reads(user -> new CompletableFuture<>());
    ConcurrentLinkedQueue<ShortlistStreamResponse> responses = new ConcurrentLinkedQueue<>();
    CountDownLatch ended = new CountDownLatch(1);
    StreamObserver<ShortlistStreamRequest> requests =
        ShortlisterGrpc.newStub(channel).shortlistStream(collector(responses, ended));
    for (int i = 0; i < 20; i++) {
      requests.onNext(patient(message(i, "hung" + i)));
    }
    requests.onCompleted();
    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();

    assertThat(responses).hasSize(20);
    assertThat(responses)
        .allSatisfy(response ->
            assertThat(reasons(response.getResponse())).containsAnyElementsOf(NOT_THERE));
  }

  @Test
  void aStreamThatIsCancelledLeavesNothingBehind() throws Exception {
    store.reads(user -> new CompletableFuture<>());
    CountDownLatch ended = new CountDownLatch(1);
    Context.CancellableContext call = Context.current().withCancellation();
    call.run(() -> {
      StreamObserver<ShortlistStreamRequest> requests =
          ShortlisterGrpc.newStub(channel)
              .shortlistStream(collector(new ConcurrentLinkedQueue<>(), ended));
      for (int i = 0; i < 64; i++) {
        requests.onNext(message(i, "gone"));
      }
    });
    call.cancel(null);
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();

    store.reads(store::stored);
    awaitContextual();
    assertThat(metric("earshot_queue_depth")).isZero();
    assertThat(metric("earshot_failed_total")).isZero();
  }

  @Test
  void clientsThatRetryAddNoLoad() throws Exception {
    double before = arrivals();
    int calls = 1_000;
    List<CompletableFuture<?>> answers = new ArrayList<>();
    try (EarshotClient client =
        EarshotClient.builder("127.0.0.1:" + server.port()).caller("retries").build()) {
      client.awaitReady(Duration.ofSeconds(20));
      for (int i = 0; i < calls; i++) {
        answers.add(
            client
                .shortlistAsync(
                    dev.earshot.client.ShortlistQuery.of("will it rain tomorrow"),
                    Duration.ofMillis(20))
                .handle((answer, failure) -> {
                  assertThat(failure == null || cause(failure) instanceof EarshotException)
                      .isTrue();
                  return null;
                }));
      }
      CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    }

    assertThat(arrivals() - before).isLessThanOrEqualTo(1.1 * calls);
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** What the server counted, however it ended. */
  private double arrivals() throws Exception {
    return metric("earshot_shortlist_seconds_count")
        + metric("earshot_refused_total")
        + metric("earshot_failed_total");
  }

  private ShortlistResponse ask(String user) {
    return ShortlisterGrpc.newBlockingStub(channel)
        .withDeadlineAfter(2, TimeUnit.SECONDS)
        .shortlist(request(user));
  }

  private static ShortlistRequest request(String user) {
    return ShortlistRequest.newBuilder()
        .setUtterance("what is the weather like")
        .setUserId(user)
        .build();
  }

  private static List<Degradation.Reason> reasons(ShortlistResponse answer) {
    return answer.getDegradation().getMissingList().stream()
        .map(Degradation.Missing::getReason)
        .toList();
  }

  /** Asks until the answer is the full one; bounded by the test's own time. */
  private void awaitContextual() {
    while (true) {
      try {
        if (reasons(ask(USER)).isEmpty()) {
          return;
        }
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      }
    }
  }

  private static String outcome(@Nullable Throwable failure) {
    if (failure == null) {
      return "answered";
    }
    String reason = ServedApi.reason(ServedApi.status(failure));
    Metadata trailers = Status.trailersFromThrowable(failure);
    String pushback = trailers == null ? null : trailers.get(RpcError.RETRY_PUSHBACK);
    if (pushback == null) {
      return reason;
    }
    return reason
        + (pushback.equals("-1") ? " -1" : Long.parseLong(pushback) > 0 ? " later" : " ?");
  }

  private static ShortlistStreamRequest message(int number, String user) {
    return ShortlistStreamRequest.newBuilder()
        .setRequestId("r" + number)
        .setShortlist(request(user))
        .build();
  }

  /** With time enough, however little of a core the server gets beside its callers. */
  private static ShortlistStreamRequest patient(ShortlistStreamRequest message) {
    return message.toBuilder()
        .setTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(2))
        .build();
  }

  private static StreamObserver<ShortlistStreamResponse> collector(
      Queue<ShortlistStreamResponse> responses, CountDownLatch ended) {
    return new StreamObserver<>() {
      @Override
      public void onNext(ShortlistStreamResponse response) {
        responses.add(response);
      }

      @Override
      public void onError(Throwable failure) {
        ended.countDown();
      }

      @Override
      public void onCompleted() {
        ended.countDown();
      }
    };
  }

  private interface Outcome {
    void ended(@Nullable Throwable failure);
  }

  private static StreamObserver<ShortlistResponse> observer(Outcome outcome) {
    return new StreamObserver<>() {
      @Override
      public void onNext(ShortlistResponse answer) {}

      @Override
      public void onError(Throwable failure) {
        outcome.ended(failure);
      }

      @Override
      public void onCompleted() {
        outcome.ended(null);
      }
    };
  }

  /** The sum of a metric over its labels; 0 if there is none. */
  private double metric(String name) throws Exception {
    String page =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.metricsPort() + "/metrics"))
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    Matcher lines =
        Pattern.compile("^" + name + "(?:\\{[^}]*})? (\\S+)$", Pattern.MULTILINE).matcher(page);
    double sum = 0;
    while (lines.find()) {
      sum += Double.parseDouble(lines.group(1));
    }
    return sum;
  }
}
