package dev.earshot.grpc;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.util.Durations;
import com.google.rpc.Code;
import dev.earshot.bias.BiasQuery;
import dev.earshot.bias.BiasTurn;
import dev.earshot.bias.Biaser;
import dev.earshot.bias.RescoreAnswer;
import dev.earshot.deadline.Budget;
import dev.earshot.rescore.NBest;
import dev.earshot.rescore.RescoreMode;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasStreamRequest;
import dev.earshot.v1.BiasStreamResponse;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.StreamHypotheses;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code earshot.v1.Biaser} over the domain's {@link Biaser}. */
final class BiaserService extends BiaserGrpc.BiaserImplBase {
  private static final com.google.protobuf.Duration MAX_TIMEOUT = Durations.fromSeconds(60);

  private final Biaser biaser;
  private final Budgets budgets;
  private final LenientMarshalling marshalling;
  private final BiasMeters meters;
  private final int streamInflight;

  BiaserService(
      Biaser biaser,
      Budgets budgets,
      LenientMarshalling marshalling,
      BiasMeters meters,
      int streamInflight) {
    this.biaser = biaser;
    this.budgets = budgets;
    this.marshalling = marshalling;
    this.meters = meters;
    this.streamInflight = streamInflight;
  }

  @Override
  public void getBias(GetBiasRequest request, StreamObserver<Bias> observer) {
    Budget budget = budgets.current();
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          Violations violations = new Violations();
          BiasQuery query = BiasMessages.query(request, "", violations);
          violations.throwIfAny();
          return bias(new BiasTurn(query), budget);
        },
        bias -> BiasMessages.bias(bias, request.getOmitEmbedding()),
        bias -> biaser.handedOver(bias, budget));
  }

  @Override
  public void rescore(RescoreRequest request, StreamObserver<RescoreResponse> observer) {
    Budget budget = budgets.current();
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          Violations violations = new Violations();
          BiasQuery query = BiasMessages.query(request, violations);
          NBest nBest =
              BiasMessages.nBest(
                  request.getHypothesesList(), request.getScoreScale(), "", violations);
          RescoreMode mode =
              BiasMessages.mode(request.getMode(), request.getModeValue(), "mode", violations);
          violations.throwIfAny();
          return rescore(new BiasTurn(query), nBest, mode, budget);
        },
        BiasMessages::rescored,
        rescored -> biaser.handedOver(rescored, budget));
  }

  private CompletableFuture<dev.earshot.bias.Bias> bias(BiasTurn turn, Budget budget) {
    CompletableFuture<dev.earshot.bias.Bias> answer = biaser.bias(turn, budget);
    meters.recordBias(answer);
    return answer;
  }

  private CompletableFuture<RescoreAnswer> rescore(
      BiasTurn turn, NBest nBest, RescoreMode mode, Budget budget) {
    CompletableFuture<RescoreAnswer> answer = biaser.rescore(turn, nBest, mode, budget);
    meters.recordRescore(answer);
    return answer;
  }

  @Override
  public StreamObserver<BiasStreamRequest> biasStream(
      StreamObserver<BiasStreamResponse> responses) {
    return new Turns((ServerCallStreamObserver<BiasStreamResponse>) responses).messages;
  }

  private static boolean wasNotReady(Bias bias) {
    return bias.getDegradation().getMissingList().stream()
        .anyMatch(missing ->
            missing.getReason() == Degradation.Reason.REASON_NOT_READY
                || missing.getReason() == Degradation.Reason.REASON_BUDGET);
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

  /** The turns of one stream, one after the other. Messages come one at a time. */
  private final class Turns {
    final AnswerStream<BiasStreamRequest, BiasStreamResponse> messages;

    /** The turn that goes on; null before the first. */
    private volatile @Nullable Open open;

    /** The last interim hypotheses, which a newer message replaces if they still wait. */
    private @Nullable CompletableFuture<BiasStreamResponse> interim;

    Turns(ServerCallStreamObserver<BiasStreamResponse> responses) {
      messages =
          new AnswerStream<>(
              responses,
              streamInflight,
              BiasStreamRequest::getRequestId,
              this::begin,
              (requestId, error) ->
                  BiasStreamResponse.newBuilder().setRequestId(requestId).setError(error).build(),
              this::better);
    }

    /** A turn, and the message that opened it. */
    private record Open(String requestId, BiasTurn turn, boolean omitEmbedding) {}

    private CompletableFuture<BiasStreamResponse> begin(BiasStreamRequest message) {
      marshalling.requireDecoded(message);
      Violations violations = new Violations();
      violations.requireId("request_id", message.getRequestId());
      Duration timeout = timeout(message.getTimeout(), violations);
      return switch (message.getRequestCase()) {
        case OPEN -> open(message, timeout, violations);
        case HYPOTHESES -> rescore(message, timeout, violations);
        case REQUEST_NOT_SET -> {
          violations.add("request", "missing (expected: open or hypotheses)");
          violations.throwIfAny();
          yield CompletableFuture.failedFuture(new IllegalStateException());
        }
      };
    }

    private CompletableFuture<BiasStreamResponse> open(
        BiasStreamRequest message, Duration timeout, Violations violations) {
      BiasQuery query = BiasMessages.query(message.getOpen(), "open.", violations);
      violations.throwIfAny();
      Open opened =
          new Open(
              message.getRequestId(), new BiasTurn(query), message.getOpen().getOmitEmbedding());
      supersede();
      open = opened;
      Budget budget = budgets.onArrival(timeout);
      CompletableFuture<dev.earshot.bias.Bias> first = bias(opened.turn, budget);
      CompletableFuture<BiasStreamResponse> response =
          first.thenApply(bias -> {
            BiasStreamResponse made = pushed(opened, bias);
            biaser.handedOver(bias, budget);
            return made;
          });
      passCancelling(response, first);
      return response;
    }

    /** The bias that follows one that was not ready, once it is. */
    private Optional<CompletableFuture<Optional<BiasStreamResponse>>> better(
        BiasStreamResponse answered) {
      Open opened = open;
      if (opened == null
          || !answered.hasBias()
          || !answered.getRequestId().equals(opened.requestId)
          || !opened.turn.query().namesContext()
          || !wasNotReady(answered.getBias())) {
        return Optional.empty();
      }
      CompletableFuture<Optional<dev.earshot.bias.Bias>> better = biaser.better(opened.turn);
      CompletableFuture<Optional<BiasStreamResponse>> pushed =
          better.thenApply(found -> found.map(bias -> pushed(opened, bias)));
      passCancelling(pushed, better);
      return Optional.of(pushed);
    }

    private BiasStreamResponse pushed(Open opened, dev.earshot.bias.Bias bias) {
      return BiasStreamResponse.newBuilder()
          .setRequestId(opened.requestId)
          .setBias(BiasMessages.bias(bias, opened.omitEmbedding))
          .build();
    }

    private CompletableFuture<BiasStreamResponse> rescore(
        BiasStreamRequest message, Duration timeout, Violations violations) {
      StreamHypotheses hypotheses = message.getHypotheses();
      NBest nBest =
          BiasMessages.nBest(
              hypotheses.getHypothesesList(),
              hypotheses.getScoreScale(),
              "hypotheses.",
              violations);
      RescoreMode mode =
          BiasMessages.mode(
              hypotheses.getMode(), hypotheses.getModeValue(), "hypotheses.mode", violations);
      Open current = open;
      if (current == null) {
        violations.add("hypotheses", "of no turn (expected: after a message with open)");
      } else if (current.requestId.equals(message.getRequestId())) {
        violations.add(
            "request_id", "that of the turn's opening message (expected: one of its own)");
      }
      violations.throwIfAny();
      supersede();
      Budget budget = budgets.onArrival(timeout);
      CompletableFuture<RescoreAnswer> answer =
          BiaserService.this.rescore(requireNonNull(current).turn, nBest, mode, budget);
      CompletableFuture<BiasStreamResponse> response = new CompletableFuture<>();
      answer.whenComplete((done, failure) -> {
        if (failure == null) {
          response.complete(
              BiasStreamResponse.newBuilder()
                  .setRequestId(message.getRequestId())
                  .setRescored(BiasMessages.rescored(done))
                  .build());
          biaser.handedOver(done, budget);
        } else {
          response.completeExceptionally(failure);
        }
      });
      // Also where it gave way to a newer one.
      response.whenComplete((done, failure) -> answer.cancel(false));
      interim = hypotheses.getInterim() ? response : null;
      return response;
    }

    private void supersede() {
      CompletableFuture<BiasStreamResponse> waiting = interim;
      interim = null;
      if (waiting != null) {
        waiting.completeExceptionally(
            RpcError.of(Code.ABORTED, "SUPERSEDED", "gave way to a newer message"));
      }
    }

    private void passCancelling(CompletableFuture<?> from, CompletableFuture<?> to) {
      from.whenComplete((done, failure) -> {
        if (from.isCancelled()) {
          to.cancel(false);
        }
      });
    }
  }
}
