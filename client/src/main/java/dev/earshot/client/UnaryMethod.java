package dev.earshot.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A unary method of the API, and how its response is read.
 *
 * @param <Q> the request's message
 * @param <A> the response's message
 * @param <R> what the caller gets
 */
record UnaryMethod<Q, A, R>(MethodDescriptor<Q, A> descriptor, Function<A, R> reader) {
  /** Calls and waits; the response is read on this thread. */
  R call(Channel channel, Duration deadline, Q request) {
    try {
      return reader.apply(
          ClientCalls.blockingUnaryCall(channel, descriptor, options(deadline), request));
    } catch (StatusRuntimeException e) {
      throw EarshotException.from(e);
    }
  }

  /** Calls; cancelling the future cancels the call. */
  CompletableFuture<R> callAsync(Channel channel, Duration deadline, Q request) {
    ClientCall<Q, A> call = channel.newCall(descriptor, options(deadline));
    CompletableFuture<R> answer = new CompletableFuture<>();
    var unused =
        answer.whenComplete((result, failure) -> {
          if (answer.isCancelled()) {
            call.cancel("cancelled by the caller", null);
          }
        });
    ClientCalls.asyncUnaryCall(call, request, new Completer<>(answer, reader));
    return answer;
  }

  /**
   * Writes a request and reads a response without a server, as a call does: what that loads would
   * else be paid for by the first call, within its deadline.
   */
  R rehearse(Q request, A response) throws IOException {
    try (InputStream written = descriptor.streamRequest(request);
        InputStream toRead = descriptor.streamResponse(response)) {
      written.readAllBytes();
      return reader.apply(
          descriptor.parseResponse(new ByteArrayInputStream(toRead.readAllBytes())));
    }
  }

  private static CallOptions options(Duration deadline) {
    return CallOptions.DEFAULT.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static final class Completer<A, R> implements StreamObserver<A> {
    private final CompletableFuture<R> answer;
    private final Function<A, R> reader;
    private @Nullable A response;

    Completer(CompletableFuture<R> answer, Function<A, R> reader) {
      this.answer = answer;
      this.reader = reader;
    }

    @Override
    public void onNext(A value) {
      response = value;
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(EarshotException.from(failure));
    }

    @Override
    public void onCompleted() {
      // gRPC ends a unary call without a response as an error, so there is one here.
      if (response != null) {
        answer.complete(reader.apply(response));
      }
    }
  }
}
