package dev.earshot.grpc;

import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
                .setUserId(call % 2 == 0 ? "" : "earshot-warm-up")
                .build();
        stub.withDeadlineAfter(5, TimeUnit.SECONDS).shortlist(request);
      }
    } catch (StatusRuntimeException e) {
      log.warn("warming up by calls to itself failed: {}", e.getStatus());
    } finally {
      channel.shutdownNow();
    }
  }

  /** Where a listening address is reached from this machine. */
  private static SocketAddress reachable(SocketAddress listening) {
    return listening instanceof InetSocketAddress inet && inet.getAddress().isAnyLocalAddress()
        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), inet.getPort())
        : listening;
  }
}
