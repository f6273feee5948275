package dev.earshot.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.earshot.client.Degradation.Context;
import dev.earshot.client.Degradation.Missing;
import dev.earshot.client.Degradation.Reason;
import dev.earshot.client.Degradation.Stage;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.protobuf.StatusProto;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EarshotClientTest {
  private static final ShortlistQuery QUERY =
      ShortlistQuery.of("will it rain").user("ada").requestId("r1").maxSkills(3);
  private static final Duration LONG = Duration.ofSeconds(10);

  @Test
  void turnsAnAnswerIntoPlainValues() {
    PeerShortlister peer = new PeerShortlister();
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      Shortlist shortlist = client.shortlist(QUERY, LONG);

      assertThat(shortlist.best()).hasValue(new RankedSkill("skill.1", "will it rain", 0.75, true));
      assertThat(shortlist.requestId()).isEqualTo("r1");
      assertThat(shortlist.outOfScope()).isFalse();
      assertThat(shortlist.outOfScopeProbability()).isEqualTo(0.125);
      assertThat(shortlist.bundleVersion()).isEqualTo("2025.1");
      assertThat(shortlist.catalogVersion()).isEqualTo(7);
      assertThat(shortlist.timings().encodeMicros()).isEqualTo(20);
      assertThat(shortlist.degradation().missing())
          .containsExactly(
              new Missing(Context.DIALOGUE, Reason.NOT_FOUND),
              new Missing(Context.UNRECOGNIZED, Reason.UNRECOGNIZED));
      assertThat(shortlist.degradation().skippedStages()).containsExactly(Stage.RERANK);
      assertThat(shortlist.degradation().isDegraded()).isTrue();
      assertThat(shortlist.degradation().has(Context.PROFILE)).isTrue();
    }
  }

  @Test
  void answersAsynchronouslyToo() {
    try (PeerServer server = PeerServer.start(new PeerShortlister());
        EarshotClient client = server.client().build()) {
      assertThat(client.shortlistAsync(QUERY, LONG).join().best()).isPresent();
    }
  }

  @Test
  void endsACallAtItsDeadline() {
    PeerShortlister silent =
        new PeerShortlister() {
          @Override
          void answer(ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {}
        };
    try (PeerServer server = PeerServer.start(silent);
        EarshotClient client = server.client().shortlistDeadline(Duration.ofMillis(80)).build()) {
      assertThatExceptionOfType(EarshotException.DeadlineExceeded.class)
          .isThrownBy(() -> client.shortlist(QUERY));
      assertThat(client.shortlistAsync(QUERY))
          .failsWithin(LONG)
          .withThrowableThat()
          .withCauseInstanceOf(EarshotException.DeadlineExceeded.class);
    }
  }

  @Test
  void triesAnUnavailableServerTwiceAndNoMore() {
    PeerShortlister peer = failing(Integer.MAX_VALUE, Code.UNAVAILABLE);
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      assertThatExceptionOfType(EarshotException.Unavailable.class)
          .isThrownBy(() -> client.shortlist(QUERY, LONG));
      assertThat(peer.calls).hasValue(2);
    }
  }

  @Test
  void hidesOneUnavailableAnswer() {
    PeerShortlister peer = failing(1, Code.UNAVAILABLE);
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      assertThat(client.shortlist(QUERY, LONG).best()).isPresent();
      assertThat(peer.calls).hasValue(2);
    }
  }

  @Test
  void neverRetriesARefusal() {
    PeerShortlister peer = failing(Integer.MAX_VALUE, Code.RESOURCE_EXHAUSTED);
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      assertThatExceptionOfType(EarshotException.ResourceExhausted.class)
          .isThrownBy(() -> client.shortlist(QUERY, LONG))
          .satisfies(e -> {
            assertThat(e.reason()).isEqualTo("TEST_REASON");
            assertThat(e.retryDelay()).hasValue(Duration.ofMillis(100));
            assertThat(e.metadata()).containsEntry("limit", "9");
            assertThat(e.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
          });
      assertThat(peer.calls).hasValue(1);
    }
  }

  @Test
  void stopsRetryingWhereMostCallsFail() {
    PeerShortlister peer = failing(Integer.MAX_VALUE, Code.UNAVAILABLE);
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(() -> client.shortlist(QUERY, LONG))
            .isInstanceOf(EarshotException.Unavailable.class);
      }
      assertThat(peer.calls.get()).isBetween(101, 110);
    }
  }

  @Test
  void namesTheFieldsOfAWrongRequest() {
    PeerShortlister peer = failing(Integer.MAX_VALUE, Code.INVALID_ARGUMENT);
    try (PeerServer server = PeerServer.start(peer);
        EarshotClient client = server.client().build()) {
      assertThatExceptionOfType(EarshotException.InvalidArgument.class)
          .isThrownBy(() -> client.shortlist(QUERY, LONG))
          .withMessage("INVALID_ARGUMENT: as the test wants")
          .satisfies(e ->
              assertThat(e.fieldViolations())
                  .containsExactly(
                      new EarshotException.FieldViolation("max_skills", "-1 (expected: >= 0)")));
    }
  }

  @Test
  void sendsTheCallersName() {
    try (PeerServer server = PeerServer.start(new PeerShortlister());
        EarshotClient named = server.client().caller("nlu-eu").build();
        EarshotClient unnamed = server.client().build()) {
      named.shortlist(QUERY, LONG);
      unnamed.shortlist(QUERY, LONG);
      assertThat(server.headers)
          .extracting(headers -> headers.get(ClientOptions.CALLER))
          .containsExactly("nlu-eu", null);
    }
  }

  @Test
  void cancelsTheCallWithItsFuture() throws InterruptedException {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    PeerShortlister silent =
        new PeerShortlister() {
          @Override
          void answer(ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {
            ((ServerCallStreamObserver<ShortlistResponse>) observer)
                .setOnCancelHandler(cancelled::countDown);
            arrived.countDown();
          }
        };
    try (PeerServer server = PeerServer.start(silent);
        EarshotClient client = server.client().build()) {
      CompletableFuture<Shortlist> answer = client.shortlistAsync(QUERY, LONG);
      assertThat(arrived.await(5, TimeUnit.SECONDS)).isTrue();
      answer.cancel(true);
      assertThat(cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void waitsUntilTheServerServes() {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("", HealthCheckResponse.ServingStatus.NOT_SERVING);
    try (PeerServer server = PeerServer.start(health.getHealthService());
        EarshotClient client = server.client().connections(2).build()) {
      assertThat(client.health()).isEqualTo(ServingStatus.NOT_SERVING);
      assertThat(client.health("no.Such")).isEqualTo(ServingStatus.SERVICE_UNKNOWN);
      assertThatExceptionOfType(EarshotException.Unavailable.class)
          .isThrownBy(() -> client.awaitReady(Duration.ofMillis(100)))
          .withMessageContaining("does not serve within 100 ms (NOT_SERVING)");

      health.setStatus("", HealthCheckResponse.ServingStatus.SERVING);
      client.awaitReady(LONG);
      assertThat(server.connections).hasSize(2);
    }
  }

  @Test
  void saysThatNobodyListens() {
    PeerServer gone = PeerServer.start();
    gone.close();
    try (EarshotClient client = gone.client().build()) {
      assertThatExceptionOfType(EarshotException.Unavailable.class)
          .isThrownBy(() -> client.awaitReady(Duration.ofMillis(300)))
          .withMessageContaining("localhost:" + gone.port())
          .withMessageContaining("Connection refused");
    }
  }

  @Test
  void connectsAgainWithoutACall() throws InterruptedException {
    HealthStatusManager health = new HealthStatusManager();
    PeerServer first = PeerServer.start(health.getHealthService());
    try (EarshotClient client = first.client().build()) {
      client.awaitReady(LONG);
      first.close();
      try (PeerServer second = PeerServer.startOn(first.port(), new PeerShortlister())) {
        long end = System.nanoTime() + LONG.toNanos();
        while (second.connections.isEmpty() && System.nanoTime() < end) {
          Thread.sleep(10);
        }
        assertThat(second.connections).hasSize(1);
        assertThat(firstAnswer(client, end).best()).isPresent();
        assertThat(second.connections).hasSize(1);
      }
    }
  }

  /** The server may know of a connection some moments before the client does. */
  private static Shortlist firstAnswer(EarshotClient client, long end) throws InterruptedException {
    while (true) {
      try {
        return client.shortlist(QUERY, LONG);
      } catch (EarshotException.Unavailable e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        Thread.sleep(10);
      }
    }
  }

  @Test
  void letsOpenCallsFinishWhenItCloses() {
    CountDownLatch closing = new CountDownLatch(1);
    PeerShortlister slow =
        new PeerShortlister() {
          @Override
          void answer(ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {
            await(closing);
            super.answer(request, observer);
          }
        };
    try (PeerServer server = PeerServer.start(slow)) {
      EarshotClient client = server.client().build();
      CompletableFuture<Shortlist> answer = client.shortlistAsync(QUERY, LONG);
      CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close);
      closing.countDown();
      closed.join();
      assertThat(answer.join().best()).isPresent();
      assertThatExceptionOfType(EarshotException.Unavailable.class)
          .isThrownBy(() -> client.shortlist(QUERY, LONG));
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A peer whose first answers are errors with all details. */
  private static PeerShortlister failing(int times, Code code) {
    return new PeerShortlister() {
      @Override
      void answer(ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {
        if (calls.get() > times) {
          super.answer(request, observer);
          return;
        }
        observer.onError(StatusProto.toStatusRuntimeException(error(code)));
      }
    };
  }

  static com.google.rpc.Status error(Code code) {
    return com.google.rpc.Status.newBuilder()
        .setCode(code.getNumber())
        .setMessage("as the test wants")
        .addAllDetails(
            List.of(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setReason("TEST_REASON")
                        .putMetadata("limit", "9")
                        .build()),
                Any.pack(
                    RetryInfo.newBuilder()
                        .setRetryDelay(
                            com.google.protobuf.Duration.newBuilder().setNanos(100_000_000))
                        .build()),
                Any.pack(
                    BadRequest.newBuilder()
                        .addFieldViolations(
                            BadRequest.FieldViolation.newBuilder()
                                .setField("max_skills")
                                .setDescription("-1 (expected: >= 0)"))
                        .build())))
        .build();
  }
}
