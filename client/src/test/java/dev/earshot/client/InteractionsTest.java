package dev.earshot.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import dev.earshot.client.Interactions.Recording;
import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.DeleteInteractionResponse;
import dev.earshot.v1.GetInteractionRequest;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.RecordedEvent;
import dev.earshot.v1.RecordedItem;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class InteractionsTest {
  private static final ContextItem MEG =
      new ContextItem("CONTACT", "Meg Bauer", "callee", "c1", List.of("B AW1 ER0"), "en-US");

  private static final dev.earshot.v1.Interaction STORED =
      dev.earshot.v1.Interaction.newBuilder()
          .setInteractionId("i")
          .setDialogueId("d")
          .setUserId("ada")
          .addEvents(
              RecordedEvent.newBuilder()
                  .setEventId("e1")
                  .setType(Event.SPEAK)
                  .setTime(Timestamp.newBuilder().setSeconds(7))
                  .setExpectedDuration(WireTime.duration(Duration.ofMillis(1_500)))
                  .addItems(
                      RecordedItem.newBuilder()
                          .setItemId("x.0")
                          .setKind("CONTACT")
                          .setItem(MEG.toMessage()))
                  .addItems(
                      RecordedItem.newBuilder()
                          .setItemId("x.1")
                          .setKind("REPLY")
                          .setUnreadable(true)))
          .setExpectsSpeech(true)
          .setVersion(3)
          .setCreateTime(Timestamp.newBuilder().setSeconds(1))
          .setExpireTime(Timestamp.newBuilder().setSeconds(901))
          .build();

  private final Peer peer = new Peer();
  private final PeerServer server = PeerServer.start(peer);
  private final EarshotClient client = server.client().build();
  private final Interactions interactions = client.interactions();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void sendsAllThatAnEventHolds() {
    Instant time = Instant.parse("2026-01-01T12:00:00.5Z");
    interactions.record(
        Recording.of(
                "ada",
                "i",
                Event.of("e1", Event.ROUTE).time(time).skill("s1"),
                Event.of("e2", Event.SPEAK).expectedDuration(Duration.ofSeconds(2)).item(MEG))
            .inDialogue("d"));
    RecordEventsRequest request = (RecordEventsRequest) peer.requests.remove();

    assertThat(request.getInteractionId()).isEqualTo("i");
    assertThat(request.getDialogueId()).isEqualTo("d");
    assertThat(request.getUserId()).isEqualTo("ada");
    assertThat(WireTime.instant(request.getEvents(0).getTime())).isEqualTo(time);
    assertThat(request.getEvents(0).getSkillId()).isEqualTo("s1");
    assertThat(request.getEvents(0).hasExpectedDuration()).isFalse();
    assertThat(request.getEvents(1).hasTime()).isFalse();
    assertThat(request.getEvents(1).getExpectedDuration())
        .isEqualTo(WireTime.duration(Duration.ofSeconds(2)));
    assertThat(ContextItem.of(request.getEvents(1).getItems(0))).isEqualTo(MEG);
  }

  @Test
  void readsAnInteraction() {
    Interaction interaction = interactions.getWithItems("ada", "i");
    Interaction.RecordedEvent event = interaction.events().get(0);

    assertThat(((GetInteractionRequest) peer.requests.remove()).getIncludeItems()).isTrue();
    assertThat(interaction.expectsSpeech()).isTrue();
    assertThat(interaction.version()).isEqualTo(3);
    assertThat(interaction.expireTime()).isEqualTo(Instant.ofEpochSecond(901));
    assertThat(event.expectedDuration()).contains(Duration.ofMillis(1_500));
    assertThat(event.items().get(0).item()).contains(MEG);
    assertThat(event.items().get(1).item()).isEqualTo(Optional.empty());
    assertThat(event.items().get(1).unreadable()).isTrue();
  }

  @Test
  void tellsAnInteractionThatIsNotThere() {
    assertThatExceptionOfType(EarshotException.NotFound.class)
        .isThrownBy(() -> interactions.get("ada", "gone"));
    assertThat(interactions.find("ada", "gone")).isEmpty();
    assertThat(interactions.find("ada", "i")).isPresent();
  }

  @Test
  void deletesAnInteraction() {
    assertThat(interactions.delete("ada", "i")).isTrue();
    assertThat(interactions.deleteAsync("ada", "i").join()).isTrue();
    assertThat(((DeleteInteractionRequest) peer.requests.remove()).getUserId()).isEqualTo("ada");
  }

  @Test
  void keepsTextsOutOfItsOwn() {
    assertThat(Interaction.of(STORED).toString()).doesNotContain("Bauer");
  }

  private static final class Peer extends InteractionsGrpc.InteractionsImplBase {
    final LinkedBlockingQueue<Message> requests = new LinkedBlockingQueue<>();

    @Override
    public void recordEvents(
        RecordEventsRequest request, StreamObserver<dev.earshot.v1.Interaction> observer) {
      requests.add(request);
      observer.onNext(STORED);
      observer.onCompleted();
    }

    @Override
    public void getInteraction(
        GetInteractionRequest request, StreamObserver<dev.earshot.v1.Interaction> observer) {
      requests.add(request);
      if (request.getInteractionId().equals("i")) {
        observer.onNext(STORED);
        observer.onCompleted();
      } else {
        observer.onError(
            StatusProto.toStatusRuntimeException(EarshotClientTest.error(Code.NOT_FOUND)));
      }
    }

    @Override
    public void deleteInteraction(
        DeleteInteractionRequest request, StreamObserver<DeleteInteractionResponse> observer) {
      requests.add(request);
      observer.onNext(DeleteInteractionResponse.newBuilder().setDeleted(true).build());
      observer.onCompleted();
    }
  }
}
