package dev.earshot.grpc;

import com.google.protobuf.util.Durations;
import dev.earshot.deadline.Budget;
import dev.earshot.shortlist.Shortlist;
import dev.earshot.shortlist.ShortlistQuery;
import dev.earshot.shortlist.Shortlister;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** {@code earshot.v1.Shortlister} over the domain's {@link Shortlister}. */
final class ShortlisterService extends ShortlisterGrpc.ShortlisterImplBase {
  private static final com.google.protobuf.Duration MAX_TIMEOUT = Durations.fromSeconds(60);

  private final Shortlister shortlister;
  private final Budgets budgets;
  private final LenientMarshalling marshalling;
  private final AnswerMeters meters;
  private final int streamInflight;

  ShortlisterService(
      Shortlister shortlister,
      Budgets budgets,
      LenientMarshalling marshalling,
      AnswerMeters meters,
      int streamInflight) {
    this.shortlister = shortlister;
    this.budgets = budgets;
    this.marshalling = marshalling;
    this.meters = meters;
    this.streamInflight = streamInflight;
  }

  @Override
  public void shortlist(ShortlistRequest request, StreamObserver<ShortlistResponse> observer) {
    Budget budget = budgets.current();
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          return begin(ShortlistMessages.query(request), budget, budgets.caller());
        },
        shortlist -> ShortlistMessages.response(request.getRequestId(), shortlist, budget));
  }

  @Override
  public StreamObserver<ShortlistStreamRequest> shortlistStream(
      StreamObserver<ShortlistStreamResponse> responses) {
    String caller = budgets.caller();
    return new AnswerStream<>(
        (ServerCallStreamObserver<ShortlistStreamResponse>) responses,
        streamInflight,
        ShortlistStreamRequest::getRequestId,
        message -> beginStreamed(message, caller),
        (requestId, error) ->
            ShortlistStreamResponse.newBuilder().setRequestId(requestId).setError(error).build());
  }

  private CompletableFuture<ShortlistStreamResponse> beginStreamed(
      ShortlistStreamRequest message, String caller) {
    marshalling.requireDecoded(message);
    Violations violations = new Violations();
    violations.requireId("request_id", message.getRequestId());
    Duration timeout = timeout(message.getTimeout(), violations);
    if (!message.hasShortlist()) {
      violations.add("shortlist", "missing (expected: a request)");
    }
    String inner = message.getShortlist().getRequestId();
    if (!inner.isEmpty() && !inner.equals(message.getRequestId())) {
      violations.add("shortlist.request_id", "not the envelope's (expected: the same, or empty)");
    }
    violations.throwIfAny();
    ShortlistQuery query = ShortlistMessages.query(message.getShortlist());
    Budget budget = budgets.onArrival(timeout);
    CompletableFuture<Shortlist> shortlist = begin(query, budget, caller);
    CompletableFuture<ShortlistStreamResponse> response =
        shortlist.thenApply(answer ->
            ShortlistStreamResponse.newBuilder()
                .setRequestId(message.getRequestId())
                .setResponse(ShortlistMessages.response(message.getRequestId(), answer, budget))
                .build());
    response.whenComplete((done, failure) -> {
      if (response.isCancelled()) {
        shortlist.cancel(false);
      }
    });
    return response;
  }

  private CompletableFuture<Shortlist> begin(ShortlistQuery query, Budget budget, String caller) {
    CompletableFuture<Shortlist> answer = shortlister.shortlist(query, budget, caller);
    meters.record(answer);
    return answer;
  }

  private static Duration timeout(com.google.protobuf.Duration timeout, Violations violations) {
    if (!Durations.isValid(timeout)
        || Durations.isNegative(timeout)
        || Durations.compare(timeout, MAX_TIMEOUT) > 0) {
      violations.add("timeout", "out of range (expected: 0 to 60 s)");
      return Duration.ZERO;
    }
    return Duration.ofSeconds(timeout.getSeconds(), timeout.getNanos());
  }
}
