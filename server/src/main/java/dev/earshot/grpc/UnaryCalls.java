package dev.earshot.grpc;

import dev.earshot.core.Outbox;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Ends unary calls: with the answer, or with the error that a failure maps to. */
final class UnaryCalls {
  private UnaryCalls() {}

  /**
   * Answers when the stage completes, from whichever thread completes it, by way of its {@link
   * Outbox}.
   *
   * @param work validates the request and begins; what it throws ends the call too
   * @param response makes the response of the result, when it is about to be sent
   */
  static <R, A> void answer(
      StreamObserver<A> observer, Supplier<CompletionStage<R>> work, Function<R, A> response) {
    answer(observer, work, response, result -> {});
  }

  /**
   * As above.
   *
   * @param handedOver hears of the result when its response was handed to the transport
   */
  static <R, A> void answer(
      StreamObserver<A> observer,
      Supplier<CompletionStage<R>> work,
      Function<R, A> response,
      Consumer<R> handedOver) {
    CompletableFuture<R> stage;
    try {
      stage = work.get().toCompletableFuture();
    } catch (RuntimeException e) {
      observer.onError(RpcError.from(e).toException());
      return;
    }
    if (observer instanceof ServerCallStreamObserver<A> call) {
      // Also keeps onNext from throwing once the caller is gone.
      call.setOnCancelHandler(() -> stage.cancel(false));
    }
    Executor home = Outbox.home();
    stage.whenComplete((result, failure) ->
        Outbox.send(
            home,
            () -> {
              if (isCancelled(observer)) {
                return;
              }
              A message;
              try {
                if (failure != null) {
                  throw RpcError.from(failure);
                }
                message = response.apply(result);
              } catch (RuntimeException e) {
                observer.onError(RpcError.from(e).toException());
                return;
              }
              observer.onNext(message);
              observer.onCompleted();
              handedOver.accept(result);
            }));
  }

  private static boolean isCancelled(StreamObserver<?> observer) {
    return observer instanceof ServerCallStreamObserver<?> call && call.isCancelled();
  }
}
