package dev.earshot.grpc;

import dev.earshot.context.Interactions;
import dev.earshot.context.SpeechExpectedListener;
import dev.earshot.store.ContextStore;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.Retention;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code earshot.v1.Interactions} alone, on a free port, on a store in memory whose clock the test
 * moves, and which fails or hangs when it is told to.
 */
final class ServedInteractions implements AutoCloseable {
  static final Retention RETENTION = Retention.DEFAULT;

  volatile Instant now = Instant.parse("2026-01-01T12:00:00Z");
  final MemoryStore store = new MemoryStore(() -> now, RETENTION);

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  /** What every call of the store returns in place of its own stage, if set. */
  volatile @Nullable CompletionStage<?> instead;

  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final Server server;
  private final ManagedChannel channel;

  /**
   * @param patience of calls without a deadline
   */
  ServedInteractions(Duration patience) throws IOException {
    LenientMarshalling marshalling = new LenientMarshalling();
    Interactions interactions =
        new Interactions(
            faulty(store.context()),
            RETENTION.ttl(),
            () -> now,
            () -> ThreadLocalRandom.current().nextLong(),
            SpeechExpectedListener.NONE);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(
                ServerInterceptors.intercept(
                    marshalling.wrap(
                        new InteractionsService(
                                interactions, new Patience(timers, patience), marshalling)
                            .bindService()),
                    new CallMeters(registry)))
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  /** The store itself, or what the test put in place of its answers. */
  private ContextStore faulty(ContextStore healthy) {
    return (ContextStore)
        Proxy.newProxyInstance(
            ContextStore.class.getClassLoader(),
            new Class<?>[] {ContextStore.class},
            (proxy, method, arguments) -> {
              CompletionStage<?> answer = instead;
              return answer != null ? answer : method.invoke(healthy, arguments);
            });
  }

  ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    timers.shutdownNow();
    store.close();
  }
}
