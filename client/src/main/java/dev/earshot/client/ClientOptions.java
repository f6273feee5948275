package dev.earshot.client;

import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A client's options, checked. */
record ClientOptions(
    Target target,
    ChannelCredentials credentials,
    @Nullable String caller,
    Duration shortlistDeadline,
    Duration biasDeadline,
    Duration callDeadline,
    Duration keepalive,
    int connections,
    int streamInflight,
    @Nullable Executor executor,
    Duration closeGrace) {
  static final Metadata.Key<String> CALLER =
      Metadata.Key.of("earshot-caller", Metadata.ASCII_STRING_MARSHALLER);

  /** What a server permits: it ends connections that are probed more often. */
  private static final Duration SHORTEST_KEEPALIVE = Duration.ofSeconds(10);

  private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(5);

  /**
   * From thirty days on gRPC takes this as never. An idle connection would have to be made anew.
   */
  private static final long NEVER_IDLE_DAYS = 30;

  private static final Pattern CALLER_NAME = Pattern.compile("[\\x20-\\x7E]{1,128}");

  ClientOptions {
    if (caller != null && !CALLER_NAME.matcher(caller).matches()) {
      throw new IllegalArgumentException(
          "caller: '" + caller + "' (expected: 1 to 128 printable ASCII characters)");
    }
    EarshotClient.requirePositive("shortlistDeadline", shortlistDeadline);
    EarshotClient.requirePositive("biasDeadline", biasDeadline);
    EarshotClient.requirePositive("callDeadline", callDeadline);
    EarshotClient.requirePositive("closeGrace", closeGrace);
    if (keepalive.compareTo(SHORTEST_KEEPALIVE) < 0) {
      throw new IllegalArgumentException(
          "keepalive: " + keepalive + " (expected: >= " + SHORTEST_KEEPALIVE + ")");
    }
    requireBetween("connections", connections, 1, 64);
    requireBetween("streamInflight", streamInflight, 1, 1_000_000);
  }

  static ClientOptions of(Target target) {
    return new ClientOptions(
        target,
        target.isLocal() ? InsecureChannelCredentials.create() : TlsChannelCredentials.create(),
        null,
        Duration.ofMillis(50),
        Duration.ofMillis(50),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        1,
        64,
        null,
        Duration.ofSeconds(5));
  }

  ClientOptions withCredentials(ChannelCredentials credentials) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withCaller(String caller) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withShortlistDeadline(Duration shortlistDeadline) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withBiasDeadline(Duration biasDeadline) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withCallDeadline(Duration callDeadline) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withKeepalive(Duration keepalive) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withConnections(int connections) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withStreamInflight(int streamInflight) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withExecutor(Executor executor) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  ClientOptions withCloseGrace(Duration closeGrace) {
    return new ClientOptions(
        target,
        credentials,
        caller,
        shortlistDeadline,
        biasDeadline,
        callDeadline,
        keepalive,
        connections,
        streamInflight,
        executor,
        closeGrace);
  }

  /** Makes a client of these options. */
  EarshotClient build() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "earshot-client-timer");
              thread.setDaemon(true);
              return thread;
            });
    // Nearly every message is answered in time; its timer must not be kept until it would fire.
    timer.setRemoveOnCancelPolicy(true);
    ConnectionGroup group =
        new ConnectionGroup(Stream.generate(this::connection).limit(connections).toList(), timer);
    Channel channel = group;
    if (caller != null) {
      Metadata headers = new Metadata();
      headers.put(CALLER, caller);
      channel =
          ClientInterceptors.intercept(group, MetadataUtils.newAttachHeadersInterceptor(headers));
    }
    return new EarshotClient(group, channel, this, timer);
  }

  private ManagedChannel connection() {
    return configure(Grpc.newChannelBuilder(target.name(), credentials)).build();
  }

  /** Sets what these options say, on a builder of one connection. */
  ManagedChannelBuilder<?> configure(ManagedChannelBuilder<?> builder) {
    builder
        .keepAliveTime(keepalive.toNanos(), TimeUnit.NANOSECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
        .keepAliveWithoutCalls(true)
        .idleTimeout(NEVER_IDLE_DAYS, TimeUnit.DAYS)
        .enableRetry()
        .disableServiceConfigLookUp()
        .defaultServiceConfig(ServiceConfig.RETRY_UNAVAILABLE_ONCE);
    return executor == null ? builder : builder.executor(executor);
  }

  private static void requireBetween(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }
}
