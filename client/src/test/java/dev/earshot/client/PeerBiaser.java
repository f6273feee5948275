package dev.earshot.client;

import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.BiasStreamRequest;
import dev.earshot.v1.BiasStreamResponse;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.Embedding;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.Repair;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.RescoredHypothesis;
import dev.earshot.v1.Timings;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A peer whose unary answers are fixed, and whose streams a test answers by hand. */
class PeerBiaser extends BiaserGrpc.BiaserImplBase {
  final BlockingQueue<GetBiasRequest> biasRequests = new LinkedBlockingQueue<>();
  final BlockingQueue<RescoreRequest> rescoreRequests = new LinkedBlockingQueue<>();
  final BlockingQueue<Exchange> exchanges = new LinkedBlockingQueue<>();

  @Override
  public void getBias(GetBiasRequest request, StreamObserver<Bias> observer) {
    biasRequests.add(request);
    observer.onNext(bias(3, "meg bauer"));
    observer.onCompleted();
  }

  @Override
  public void rescore(RescoreRequest request, StreamObserver<RescoreResponse> observer) {
    rescoreRequests.add(request);
    observer.onNext(rescored(request.getHypothesesList()));
    observer.onCompleted();
  }

  @Override
  public StreamObserver<BiasStreamRequest> biasStream(
      StreamObserver<BiasStreamResponse> responses) {
    Exchange exchange = new Exchange(responses);
    exchanges.add(exchange);
    return exchange;
  }

  /** The next stream that a client opens. */
  Exchange nextStream() throws InterruptedException {
    return taken(exchanges);
  }

  /** One stream, with what came over it. */
  static final class Exchange implements StreamObserver<BiasStreamRequest> {
    final BlockingQueue<BiasStreamRequest> received = new LinkedBlockingQueue<>();
    final CountDownLatch halfClosed = new CountDownLatch(1);
    private final StreamObserver<BiasStreamResponse> responses;

    Exchange(StreamObserver<BiasStreamResponse> responses) {
      this.responses = responses;
    }

    BiasStreamRequest take() throws InterruptedException {
      return taken(received);
    }

    void push(String requestId, Bias bias) {
      responses.onNext(
          BiasStreamResponse.newBuilder().setRequestId(requestId).setBias(bias).build());
    }

    /** Answers hypotheses by their reverse. */
    void rescore(BiasStreamRequest request) {
      responses.onNext(
          BiasStreamResponse.newBuilder()
              .setRequestId(request.getRequestId())
              .setRescored(rescored(request.getHypotheses().getHypothesesList()))
              .build());
    }

    void refuse(BiasStreamRequest request, com.google.rpc.Status error) {
      responses.onNext(
          BiasStreamResponse.newBuilder()
              .setRequestId(request.getRequestId())
              .setError(error)
              .build());
    }

    /** Ends the stream as a server does that drains. */
    void end() {
      responses.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
    }

    @Override
    public void onNext(BiasStreamRequest message) {
      received.add(message);
    }

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {
      halfClosed.countDown();
      responses.onCompleted();
    }
  }

  static Bias bias(long version, String... texts) {
    Bias.Builder bias =
        Bias.newBuilder()
            .setContextText("Do you mean Meg Jones or Meg Bauer?")
            .setEmbedding(
                Embedding.newBuilder()
                    .setModelId("context-1")
                    .addAllShape(List.of(1, 2))
                    .addAllValues(List.of(0.5f, -1f)))
            .setDroppedPhrases(4)
            .setVersion(version)
            .setDegradation(
                Degradation.newBuilder()
                    .addMissing(
                        Degradation.Missing.newBuilder()
                            .setContext(Degradation.Context.CONTEXT_PROFILE)
                            .setReason(Degradation.Reason.REASON_NOT_REQUESTED)))
            .setTimings(Timings.newBuilder().setPhrasesUs(7).setTotalUs(9));
    for (String text : texts) {
      bias.addPhrases(
          BiasPhrase.newBuilder()
              .setText(text)
              .setBoost(4.5)
              .setDisplay("Meg Bauer")
              .addPronunciations("M EH1 G B AW1 ER0")
              .setKind("CONTACT")
              .setSource(BiasPhrase.Source.SOURCE_REPLY)
              .setLocale("en-US"));
    }
    return bias.build();
  }

  /** The hypotheses the other way round, the first of them repaired. */
  private static RescoreResponse rescored(List<Hypothesis> hypotheses) {
    RescoreResponse.Builder response =
        RescoreResponse.newBuilder()
            .setChanged(true)
            .setBiasVersion(3)
            .setDroppedPhrases(2)
            .setTimings(Timings.newBuilder().setRescoreUs(11).setTotalUs(12));
    for (int i = hypotheses.size() - 1; i >= 0; i--) {
      response.addHypotheses(
          RescoredHypothesis.newBuilder()
              .setText(hypotheses.get(i).getText())
              .setScore(i)
              .setSourceIndex(i)
              .addRepairs(
                  Repair.newBuilder()
                      .setStart(5)
                      .setEnd(10)
                      .setOriginal("power")
                      .setPhrase("Bauer")
                      .setProbability(0.9)));
    }
    return response.build();
  }

  private static <T> T taken(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(20, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing came");
    }
    return next;
  }
}
