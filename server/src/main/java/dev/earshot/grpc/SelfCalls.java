package dev.earshot.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.earshot.deadline.Refusal;
import dev.earshot.store.Interaction;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.GetInteractionRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls that a server makes to itself, over a real connection, before it says that it serves: the
 * JVM has then loaded and compiled the whole way of a request. Without them the first request would
 * take longer than its budget.
 */
final class SelfCalls {
  private static final Logger log = LoggerFactory.getLogger(SelfCalls.class);

  private static final int MAX_CALLS = 2_000;
  private static final Duration MAX_TIME = Duration.ofMillis(1_500);
  private static final Duration MAX_REHEARSAL = Duration.ofMillis(300);
  private static final int EVENTS = 8;
  private static final Duration MAX_BIAS = Duration.ofMillis(300);
  private static final int MAX_REFUSALS = 6_000;
  private static final Duration MAX_REFUSING = Duration.ofMillis(300);
  private static final List<String> TYPES =
      List.of("RECOGNIZE", "SPEAK", "DISPLAY", Interaction.EXPECT_SPEECH);
  private static final List<String> NAMES = List.of("Meg Bauer", "Zanzibar", "Highway 61");
  private static final String USER = "earshot-warm-up";
  private static final List<String> UTTERANCES =
      List.of(
          "hello",
          "set a timer for ten minutes",
          "what can you tell me about zanzibar and its neighbours",
          "play the song that goes on and on and never seems to come to any end at all please");

  private SelfCalls() {}

  /** Calls a server until it is warm, or a time is over; a failing call is logged and ends it. */
  static void warm(SocketAddress listening) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(reachable(listening))
            .usePlaintext()
            .directExecutor()
            .build();
    try {
      ShortlisterGrpc.ShortlisterBlockingStub stub = ShortlisterGrpc.newBlockingStub(channel);
      long end = System.nanoTime() + MAX_TIME.toNanos();
      for (int call = 0; call < MAX_CALLS && System.nanoTime() < end; call++) {
        ShortlistRequest request =
            ShortlistRequest.newBuilder()
                .setUtterance(UTTERANCES.get(call % UTTERANCES.size()))
                .setUserId(call % 2 == 0 ? "" : USER)
                .build();
        stub.withDeadlineAfter(5, TimeUnit.SECONDS).shortlist(request);
      }
      warmRefusals(stub);
      warmBias(BiaserGrpc.newBlockingStub(channel));
    } catch (StatusRuntimeException e) {
      log.warn("warming up by calls to itself failed: {}", e.getStatus());
    } finally {
      channel.shutdownNow();
    }
  }

  /**
   * Has requests refused: a server that gets to it for the first time when it has too much to do
   * would have to compile that, too, and would get to fewer answers. What is refused for a
   * catalogue that is not served yet counts nowhere.
   */
  private static void warmRefusals(ShortlisterGrpc.ShortlisterBlockingStub stub) {
    ShortlistRequest refused =
        ShortlistRequest.newBuilder()
            .setUtterance(UTTERANCES.get(0))
            .setMinCatalogVersion(Long.MAX_VALUE)
            .build();
    long end = System.nanoTime() + MAX_REFUSING.toNanos();
    for (int call = 0; call < MAX_REFUSALS; call++) {
      StatusRuntimeException unused =
          RpcError.from(Refusal.overload("warming up", call, call % 2 == 0)).toException();
      if (System.nanoTime() >= end) {
        continue;
      }
      try {
        ShortlistResponse unusedToo =
            stub.withDeadlineAfter(5, TimeUnit.SECONDS).shortlist(refused);
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
          throw e;
        }
      }
    }
  }

  /** Phrases of the calls' own alone: a turn would be somebody's. */
  private static void warmBias(BiaserGrpc.BiaserBlockingStub stub) {
    long end = System.nanoTime() + MAX_BIAS.toNanos();
    for (int call = 0; call < MAX_CALLS && System.nanoTime() < end; call++) {
      List<BiasPhrase> phrases =
          NAMES.stream().map(name -> BiasPhrase.newBuilder().setText(name).build()).toList();
      String said = UTTERANCES.get(call % UTTERANCES.size());
      BiaserGrpc.BiaserBlockingStub patient = stub.withDeadlineAfter(5, TimeUnit.SECONDS);
      Bias unused = patient.getBias(GetBiasRequest.newBuilder().addAllPhrases(phrases).build());
      RescoreResponse unusedToo =
          patient.rescore(
              RescoreRequest.newBuilder()
                  .addAllPhrases(phrases)
                  .setMode(RescoreMode.RESCORE_MODE_REPAIR)
                  .addHypotheses(Hypothesis.newBuilder().setText(said).setScore(-1))
                  .addHypotheses(Hypothesis.newBuilder().setText("call power").setScore(-2))
                  .build());
    }
  }

  /**
   * Writes events, reads them and removes them, through a service whose store is nobody's: a write
   * to the real one would be somebody's data. The connection itself is {@link #warm}'s.
   *
   * @param turn called with the id of an interaction that expects speech
   */
  static void rehearse(InteractionsService service, Consumer<String> turn) {
    long end = System.nanoTime() + MAX_REHEARSAL.toNanos();
    for (int call = 0; call < EVENTS || (call < MAX_CALLS && System.nanoTime() < end); call++) {
      String id = "i" + call / EVENTS;
      try {
        service.recordEvents(
            RecordEventsRequest.parseFrom(event(id, call).toByteArray()), new Rehearsed<>());
        if (call % EVENTS == EVENTS / 2) {
          turn.accept(id);
        }
        if (call % EVENTS == EVENTS - 1) {
          service.getInteraction(
              GetInteractionRequest.newBuilder()
                  .setInteractionId(id)
                  .setIncludeItems(true)
                  .setUserId(USER)
                  .build(),
              new Rehearsed<>());
          service.deleteInteraction(
              DeleteInteractionRequest.newBuilder().setInteractionId(id).setUserId(USER).build(),
              new Rehearsed<>());
        }
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("its own bytes", e);
      }
    }
  }

  /** Asks for the bias of a turn of {@link #rehearse}, and has hypotheses rescored. */
  static void rehearseTurn(BiaserService service, String interactionId) {
    service.getBias(
        GetBiasRequest.newBuilder().setInteractionId(interactionId).setUserId(USER).build(),
        new Rehearsed<>());
    service.rescore(
        RescoreRequest.newBuilder()
            .setInteractionId(interactionId)
            .setUserId(USER)
            .addHypotheses(Hypothesis.newBuilder().setText("call power").setScore(-1))
            .build(),
        new Rehearsed<>());
  }

  private static RecordEventsRequest event(String interactionId, int number) {
    RecordEventsRequest.Builder request =
        RecordEventsRequest.newBuilder()
            .setInteractionId(interactionId)
            .setDialogueId("d")
            .setUserId(USER);
    request
        .addEventsBuilder()
        .setEventId("e" + number)
        .setType(TYPES.get(number % TYPES.size()))
        .setTime(Timestamps.fromSeconds(number))
        .setExpectedDuration(Durations.fromSeconds(1))
        .addItems(item("UTTERANCE", UTTERANCES.get(number % UTTERANCES.size())))
        .addItems(item("CONTACT", NAMES.get(number % NAMES.size())));
    return request.build();
  }

  private static ContextItem.Builder item(String kind, String text) {
    return ContextItem.newBuilder().setKind(kind).setText(text);
  }

  /** Takes an answer as a connection does: by making bytes of it. */
  private static final class Rehearsed<A extends MessageLite> implements StreamObserver<A> {
    @Override
    public void onNext(A answer) {
      byte[] unused = answer.toByteArray();
    }

    @Override
    public void onError(Throwable failure) {
      log.warn("warming up the way of a write failed: {}", failure.getMessage());
    }

    @Override
    public void onCompleted() {}
  }

  /** Where a listening address is reached from this machine. */
  private static SocketAddress reachable(SocketAddress listening) {
    return listening instanceof InetSocketAddress inet && inet.getAddress().isAnyLocalAddress()
        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), inet.getPort())
        : listening;
  }
}
