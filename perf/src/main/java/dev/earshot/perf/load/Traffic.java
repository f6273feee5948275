package dev.earshot.perf.load;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What is sent to a server, and how its answers are read. Thread-safe.
 *
 * @param method the gRPC method's full name, {@code package.Service/Method}
 */
public record Traffic(
    String method, Requests requests, Reader reader, @Nullable Envelope envelope) {

  /** Calls of their own, one for each request. */
  public static Traffic unary(String method, Requests requests, Reader reader) {
    return new Traffic(method, requests, reader, null);
  }

  /** Messages on bidirectional streams, told apart by their ids. */
  public static Traffic stream(String method, Requests requests, Reader reader, Envelope envelope) {
    return new Traffic(method, requests, reader, envelope);
  }

  /** Makes requests. */
  @FunctionalInterface
  public interface Requests {
    byte[] next(RandomGenerator random);
  }

  /** Reads an answer. */
  @FunctionalInterface
  public interface Reader {
    /** Takes every response as a full answer and reads nothing. */
    Reader NOTHING = response -> Answer.FULL;

    Answer read(byte[] response);
  }

  /** How messages travel on a stream. */
  public interface Envelope {
    /** Wraps a request. */
    byte[] wrap(long id, byte[] request);

    /** Unwraps what came back. */
    Reply unwrap(byte[] message);
  }

  /**
   * An answer that came on a stream.
   *
   * @param response null where the server gave an error
   * @param errorCode of {@code google.rpc.Code}; 0 where there is a response
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Reply(long id, byte @Nullable [] response, int errorCode) {}
}
