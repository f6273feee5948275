package dev.earshot.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.util.Durations;
import com.google.rpc.Code;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ShortlistStreamTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  private final PeerShortlister peer = new PeerShortlister();
  private final PeerServer server = PeerServer.start(peer);
  private final EarshotClient client = server.client().streamInflight(3).build();
  private final ShortlistStream stream = client.openShortlistStream();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void matchesAnswersThatComeInAnotherOrder() throws InterruptedException {
    CompletableFuture<Shortlist> one = stream.send(ShortlistQuery.of("one"), LONG);
    CompletableFuture<Shortlist> two = stream.send(ShortlistQuery.of("two").requestId("1"), LONG);
    ShortlistStreamRequest first = peer.take();
    ShortlistStreamRequest second = peer.take();
    peer.reply(second);
    assertThat(two.join().best()).map(RankedSkill::name).hasValue("two");
    assertThat(one).isNotDone();
    peer.reply(first);
    assertThat(one.join().best()).map(RankedSkill::name).hasValue("one");
  }

  @Test
  void sendsEachMessagesTimeout() throws InterruptedException {
    var unused = stream.send(ShortlistQuery.of("one"), Duration.ofMillis(1_500));
    assertThat(Durations.toMillis(peer.take().getTimeout())).isEqualTo(1_500);
  }

  @Test
  void failsABadMessageAlone() throws InterruptedException {
    CompletableFuture<Shortlist> bad = stream.send(ShortlistQuery.of("bad"), LONG);
    CompletableFuture<Shortlist> good = stream.send(ShortlistQuery.of("good"), LONG);
    String badId = peer.take().getRequestId();
    peer.stream()
        .onNext(
            ShortlistStreamResponse.newBuilder()
                .setRequestId(badId)
                .setError(EarshotClientTest.error(Code.INVALID_ARGUMENT))
                .build());
    peer.reply(peer.take());
    assertThat(good.join().best()).isPresent();
    assertThat(failure(bad))
        .isInstanceOfSatisfying(
            EarshotException.InvalidArgument.class,
            e -> assertThat(e.fieldViolations()).hasSize(1));
  }

  @Test
  void failsALateMessageAloneAndDropsItsAnswer() throws InterruptedException {
    CompletableFuture<Shortlist> late =
        stream.send(ShortlistQuery.of("late"), Duration.ofMillis(50));
    assertThat(failure(late)).isInstanceOf(EarshotException.DeadlineExceeded.class);
    assertThat(stream.unanswered()).isEqualTo(1);

    CompletableFuture<Shortlist> next = stream.send(ShortlistQuery.of("next"), LONG);
    peer.reply(peer.take());
    peer.reply(peer.take());
    assertThat(next.join().best()).map(RankedSkill::name).hasValue("next");
    assertThat(stream.unanswered()).isZero();
  }

  @Test
  void keepsWhatIsUnansweredWithinTheLimit() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      var unused = stream.send(ShortlistQuery.of("open"), LONG);
    }
    CompletableFuture<Shortlist> tooMany = stream.send(ShortlistQuery.of("too many"), LONG);
    assertThat(failure(tooMany))
        .isInstanceOfSatisfying(
            EarshotException.ResourceExhausted.class,
            e -> assertThat(e.reason()).isEqualTo("STREAM_INFLIGHT"));
    for (int i = 0; i < 3; i++) {
      peer.reply(peer.take());
    }
    stream.close();
    assertThat(peer.received).isEmpty();
  }

  @Test
  void refusesAnIdThatIsInUse() {
    var unused = stream.send(ShortlistQuery.of("one").requestId("a"), LONG);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stream.send(ShortlistQuery.of("two").requestId("a"), LONG))
        .withMessageContaining("requestId: 'a'");
    stream.cancel();
  }

  @Test
  void failsAllThatIsUnansweredWithTheConnection() throws InterruptedException {
    CompletableFuture<Shortlist> one = stream.send(ShortlistQuery.of("one"), LONG);
    peer.take();
    server.close();
    assertThat(failure(one)).isInstanceOf(EarshotException.class);
    assertThat(failure(stream.send(ShortlistQuery.of("two"), LONG)))
        .isInstanceOf(EarshotException.class);
  }

  @Test
  void answersWhatIsOpenBeforeItCloses() throws InterruptedException {
    CompletableFuture<Shortlist> one = stream.send(ShortlistQuery.of("one"), LONG);
    peer.reply(peer.take());
    stream.close();
    assertThat(one).isCompleted();
    assertThat(failure(stream.send(ShortlistQuery.of("two"), LONG)))
        .isInstanceOf(EarshotException.Unavailable.class);
  }

  private static @Nullable Throwable failure(CompletableFuture<?> future) {
    Throwable thrown = ThrowableAssert.catchThrowable(future::join);
    return thrown.getCause();
  }
}
