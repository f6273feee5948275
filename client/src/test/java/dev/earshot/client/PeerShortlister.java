package dev.earshot.client;

import dev.earshot.v1.Degradation;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlistedSkill;
import dev.earshot.v1.ShortlisterGrpc;
import dev.earshot.v1.Timings;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A peer whose unary answers a test decides, and whose stream a test answers by hand. */
class PeerShortlister extends ShortlisterGrpc.ShortlisterImplBase {
  final AtomicInteger calls = new AtomicInteger();
  final BlockingQueue<ShortlistStreamRequest> received = new LinkedBlockingQueue<>();
  private volatile @Nullable StreamObserver<ShortlistStreamResponse> stream;

  @Override
  public void shortlist(ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {
    calls.incrementAndGet();
    answer(request, observer);
  }

  void answer(ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {
    observer.onNext(response(request.getRequestId(), request.getUtterance()));
    observer.onCompleted();
  }

  @Override
  public StreamObserver<ShortlistStreamRequest> shortlistStream(
      StreamObserver<ShortlistStreamResponse> responses) {
    stream = responses;
    return new StreamObserver<>() {
      @Override
      public void onNext(ShortlistStreamRequest message) {
        received.add(message);
      }

      @Override
      public void onError(Throwable t) {}

      @Override
      public void onCompleted() {
        responses.onCompleted();
      }
    };
  }

  /** The next message of the stream. */
  ShortlistStreamRequest take() throws InterruptedException {
    ShortlistStreamRequest message = received.poll(5, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message came");
    }
    return message;
  }

  /** The open stream, to answer on. */
  StreamObserver<ShortlistStreamResponse> stream() {
    StreamObserver<ShortlistStreamResponse> open = stream;
    if (open == null) {
      throw new AssertionError("no stream is open");
    }
    return open;
  }

  /** Answers a message with a skill that is named after its utterance. */
  void reply(ShortlistStreamRequest message) {
    stream()
        .onNext(
            ShortlistStreamResponse.newBuilder()
                .setRequestId(message.getRequestId())
                .setResponse(
                    response(message.getRequestId(), message.getShortlist().getUtterance()))
                .build());
  }

  static ShortlistResponse response(String requestId, String skillName) {
    return ShortlistResponse.newBuilder()
        .setRequestId(requestId)
        .addSkills(
            ShortlistedSkill.newBuilder()
                .setSkillId("skill.1")
                .setName(skillName)
                .setProbability(0.75)
                .setEnabled(true))
        .setOutOfScopeProbability(0.125)
        .setDegradation(
            Degradation.newBuilder()
                .addMissing(
                    Degradation.Missing.newBuilder()
                        .setContext(Degradation.Context.CONTEXT_DIALOGUE)
                        .setReason(Degradation.Reason.REASON_NOT_FOUND))
                .addMissing(Degradation.Missing.newBuilder().setContextValue(99).setReasonValue(99))
                .addSkippedStages(Degradation.Stage.STAGE_RERANK))
        .setBundleVersion("2025.1")
        .setCatalogVersion(7)
        .setTimings(Timings.newBuilder().setQueueUs(1).setEncodeUs(20).setTotalUs(30))
        .build();
  }
}
