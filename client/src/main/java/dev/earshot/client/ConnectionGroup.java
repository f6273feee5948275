package dev.earshot.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One or more connections to a server, taken in turn. Once {@linkplain #connect asked to}, they
 * stay connected: one that is lost is made again at once and not only by the next call.
 * Thread-safe.
 */
final class ConnectionGroup extends Channel {
  /**
   * gRPC doubles its pause between attempts up to two minutes. A server that is back is wanted
   * sooner, and one attempt every few seconds costs nothing.
   */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(3);

  private final List<ManagedChannel> channels;
  private final ScheduledExecutorService timer;
  private final AtomicInteger next = new AtomicInteger();

  ConnectionGroup(List<ManagedChannel> channels, ScheduledExecutorService timer) {
    this.channels = List.copyOf(channels);
    this.timer = timer;
  }

  @Override
  public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions callOptions) {
    int turn = channels.size() == 1 ? 0 : Math.floorMod(next.getAndIncrement(), channels.size());
    return channels.get(turn).newCall(method, callOptions);
  }

  @Override
  public String authority() {
    return channels.get(0).authority();
  }

  /** The connections, each as a channel of its own. */
  List<? extends Channel> each() {
    return channels;
  }

  /** Begins to connect, and from now on keeps connected. */
  void connect() {
    channels.forEach(this::keepConnected);
  }

  /** Ends the pauses between attempts. */
  void tryNow() {
    channels.forEach(ManagedChannel::resetConnectBackoff);
  }

  private void keepConnected(ManagedChannel channel) {
    ConnectivityState state = channel.getState(true);
    if (state == ConnectivityState.SHUTDOWN) {
      return;
    }
    if (state == ConnectivityState.TRANSIENT_FAILURE && !timer.isShutdown()) {
      var unused =
          timer.schedule(
              channel::resetConnectBackoff, LONGEST_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }
    channel.notifyWhenStateChanged(state, () -> keepConnected(channel));
  }

  /**
   * Lets open calls end, then ends them.
   *
   * @return whether they all ended by themselves
   */
  boolean close(Duration grace) {
    channels.forEach(ManagedChannel::shutdown);
    long end = System.nanoTime() + grace.toNanos();
    boolean ended = true;
    for (ManagedChannel channel : channels) {
      ended &= awaitTermination(channel, Math.max(0, end - System.nanoTime()));
    }
    if (!ended) {
      channels.forEach(ManagedChannel::shutdownNow);
    }
    return ended;
  }

  private static boolean awaitTermination(ManagedChannel channel, long nanos) {
    try {
      return channel.awaitTermination(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
