package dev.earshot.perf.load;

import dev.earshot.core.JvmThreads;
import dev.earshot.grpc.PromptThreads;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Loads one server over real connections, which stay open from run to run.
 *
 * <p>Not thread-safe: one run at a time.
 */
public final class LoadDriver implements AutoCloseable {
  private static final Duration LEAD = Duration.ofMillis(20);
  private static final Duration DRAIN = Duration.ofSeconds(2);
  private static final long PROGRESS_NANOS = 500_000_000;

  private final Options options;
  private final List<Lane> lanes = new ArrayList<>();

  /**
   * How to load.
   *
   * @param host of the server
   * @param loops event loops, each with its own connections and its share of the rate
   * @param connections over all loops
   * @param deadline of each request, counted from when it is due
   * @param seed of arrivals and requests
   */
  public record Options(
      String host,
      int port,
      int loops,
      int connections,
      Duration deadline,
      Arrivals arrivals,
      long seed) {
    public Options {
      if (loops < 1 || connections < loops || deadline.isNegative() || deadline.isZero()) {
        throw new IllegalArgumentException(
            "loops: "
                + loops
                + ", connections: "
                + connections
                + ", deadline: "
                + deadline
                + " (expected: >= 1, at least as many as loops, > 0)");
      }
    }
  }

  /** Hears how a run goes on, twice a second. */
  @FunctionalInterface
  public interface Progress {
    /** Hears nothing. */
    Progress NONE = tick -> {};

    void at(Tick tick);
  }

  /**
   * The state of a run.
   *
   * @param elapsed of the phase
   * @param soFar what became of the phase's requests until now
   */
  public record Tick(Phase phase, Duration elapsed, PhaseResult soFar) {}

  private record Lane(EventLoopGroup group, List<ManagedChannel> channels, LoadLoop loop) {
    EventLoop eventLoop() {
      return (EventLoop) group.iterator().next();
    }
  }

  public LoadDriver(Options options, Traffic traffic) {
    this.options = options;
    // A driver that waits for its own compilers is behind its schedule.
    int unused = JvmThreads.yieldToRequests();
    SplittableRandom random = new SplittableRandom(options.seed);
    boolean epoll = Epoll.isAvailable();
    for (int i = 0; i < options.loops; i++) {
      IoHandlerFactory handler = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
      EventLoopGroup group =
          new MultiThreadIoEventLoopGroup(1, new PromptThreads("load-" + i), handler);
      List<ManagedChannel> channels = new ArrayList<>();
      for (int c = i; c < options.connections; c += options.loops) {
        channels.add(
            NettyChannelBuilder.forAddress(options.host, options.port)
                .eventLoopGroup(group)
                .channelType(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .directExecutor()
                .usePlaintext()
                // A service configuration, retries and proxies are for clients that need them.
                .disableServiceConfigLookUp()
                .disableRetry()
                .proxyDetector(address -> null)
                .build());
      }
      EventLoop eventLoop = (EventLoop) group.iterator().next();
      lanes.add(
          new Lane(
              group,
              channels,
              new LoadLoop(
                  eventLoop,
                  channels,
                  traffic,
                  options.arrivals,
                  options.deadline.toNanos(),
                  random.split())));
    }
  }

  /**
   * Runs phases, one right after the other, and waits for the last answers.
   *
   * @param meter of the server, if it is known
   */
  public List<PhaseResult> run(
      List<Phase> phases, ServerUse.@Nullable Meter meter, Progress progress)
      throws InterruptedException {
    long begin = System.nanoTime() + LEAD.toNanos();
    List<List<Recorder>> recorders = new ArrayList<>();
    List<Long> starts = new ArrayList<>();
    long at = begin;
    for (Phase phase : phases) {
      List<Recorder> ofPhase = new ArrayList<>();
      for (int i = 0; i < lanes.size(); i++) {
        ofPhase.add(new Recorder(phase.timeline(), at, options.deadline.toNanos()));
      }
      recorders.add(ofPhase);
      starts.add(at);
      at += phase.duration().toNanos();
    }
    starts.add(at);
    CountDownLatch sent = new CountDownLatch(lanes.size());
    for (int i = 0; i < lanes.size(); i++) {
      List<LoadLoop.Leg> legs = new ArrayList<>();
      for (int p = 0; p < phases.size(); p++) {
        legs.add(
            new LoadLoop.Leg(
                starts.get(p),
                starts.get(p + 1),
                1e9 * lanes.size() / phases.get(p).rate(),
                recorders.get(p).get(i)));
      }
      LoadLoop loop = lanes.get(i).loop;
      lanes.get(i).eventLoop().execute(() -> loop.start(legs, sent::countDown));
    }
    List<@Nullable ServerUse> uses = new ArrayList<>();
    for (int p = 0; p < phases.size(); p++) {
      sleepUntil(starts.get(p));
      ServerUse.Snapshot before = meter == null ? null : meter.read();
      long end = starts.get(p + 1);
      long nextTick = starts.get(p) + PROGRESS_NANOS;
      while (nextTick < end) {
        sleepUntil(nextTick);
        progress.at(tick(phases.get(p), starts.get(p), recorders.get(p)));
        nextTick += PROGRESS_NANOS;
      }
      sleepUntil(end);
      uses.add(before == null || meter == null ? null : before.until(meter.read()));
    }
    sent.await();
    drain();
    List<PhaseResult> results = new ArrayList<>();
    for (int p = 0; p < phases.size(); p++) {
      double seconds = phases.get(p).duration().toNanos() / 1e9;
      results.add(PhaseResult.of(phases.get(p), seconds, recorders.get(p), uses.get(p)));
    }
    return results;
  }

  private Tick tick(Phase phase, long start, List<Recorder> recorders) throws InterruptedException {
    long elapsed = System.nanoTime() - start;
    List<Recorder> copies = new ArrayList<>();
    for (int i = 0; i < lanes.size(); i++) {
      Recorder recorder = recorders.get(i);
      copies.add(on(lanes.get(i).eventLoop(), recorder::copyWithoutTimeline));
    }
    return new Tick(
        phase, Duration.ofNanos(elapsed), PhaseResult.of(phase, elapsed / 1e9, copies, null));
  }

  private void drain() throws InterruptedException {
    long end = System.nanoTime() + DRAIN.toNanos() + options.deadline.toNanos();
    for (Lane lane : lanes) {
      while (on(lane.eventLoop(), lane.loop::unanswered) > 0 && System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      on(
          lane.eventLoop(),
          () -> {
            lane.loop.abandon();
            return 0;
          });
    }
  }

  private static <T> T on(EventLoop eventLoop, Callable<T> task) throws InterruptedException {
    try {
      return eventLoop.submit(task).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the load loop failed", e.getCause());
    }
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    long left = nanos - System.nanoTime();
    if (left > 0) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }

  @Override
  public void close() {
    for (Lane lane : lanes) {
      lane.eventLoop().execute(lane.loop::close);
      lane.channels.forEach(ManagedChannel::shutdown);
    }
    try {
      for (Lane lane : lanes) {
        for (ManagedChannel channel : lane.channels) {
          if (!channel.awaitTermination(1, TimeUnit.SECONDS)) {
            channel.shutdownNow();
          }
        }
      }
    } catch (InterruptedException e) {
      lanes.forEach(lane -> lane.channels.forEach(ManagedChannel::shutdownNow));
      Thread.currentThread().interrupt();
    }
    lanes.forEach(lane -> lane.group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
  }
}
