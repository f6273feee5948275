package dev.earshot.perf.load;

import dev.earshot.grpc.PromptThreads;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.InteractionsGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Plays turns to one server by a schedule that does not wait for answers: a turn's events are
 * recorded when it is due, and its bias is asked for when its reply ends, or as soon as the events
 * are acknowledged. Latency counts from when each call was due.
 *
 * <p>Everything is sent and read on one event loop. Not thread-safe: one run at a time.
 */
public final class TurnLoad implements AutoCloseable {
  private static final Duration LEAD = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final MethodDescriptor<byte[], byte[]> RECORD =
      Wire.method(InteractionsGrpc.getRecordEventsMethod().getFullMethodName(), MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> BIAS =
      Wire.method(BiaserGrpc.getGetBiasMethod().getFullMethodName(), MethodType.UNARY);

  private final Options options;
  private final Turns turns;
  private final EventLoopGroup group;
  private final EventLoop eventLoop;
  private final ManagedChannel channel;
  private final SplittableRandom random;

  /**
   * How to play.
   *
   * @param rate turns a second
   * @param reply how long after a turn is due its bias is asked for; empty: once its events are
   *     acknowledged
   * @param recording deadline of the call that records the events, apart, so that a short budget is
   *     the bias's alone
   * @param deadline of the call for a bias
   * @param seed of arrivals and turns
   */
  public record Options(
      String host,
      int port,
      double rate,
      Optional<Duration> reply,
      Duration recording,
      Duration deadline,
      Arrivals arrivals,
      long seed) {
    public Options {
      if (!(rate > 0) || deadline.compareTo(Duration.ZERO) <= 0 || recording.isNegative()) {
        throw new IllegalArgumentException(
            "rate: " + rate + ", deadline: " + deadline + " (expected: > 0)");
      }
    }
  }

  /**
   * A turn as two encoded messages.
   *
   * @param events a {@code RecordEventsRequest}
   * @param bias a {@code GetBiasRequest} for the same interaction
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Turn(byte[] events, byte[] bias) {}

  /** Makes turns, each of an interaction of its own. */
  @FunctionalInterface
  public interface Turns {
    Turn next(RandomGenerator random);
  }

  /**
   * What became of the two calls of each turn.
   *
   * @param recorded of the events
   * @param biases of the calls for a bias; where it waits for an acknowledgement, turns without one
   *     are not in it
   */
  public record Result(PhaseResult recorded, PhaseResult biases) {}

  /** Turns that are being played; several stretches can be counted together. */
  public static final class Played {
    private final List<Recorder> recorded = new ArrayList<>();
    private final List<Recorder> biases = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final String name;
    private double seconds;

    // The rest belongs to the event loop.
    private long nextNanos;
    private long endNanos;
    private int open;
    private boolean isSent;

    private Played(String name) {
      this.name = name;
    }

    /** Waits until the last turn has its answers. */
    public Result await() throws InterruptedException {
      boolean all = ended.await(600, TimeUnit.SECONDS);
      if (!all) {
        throw new IllegalStateException("turns without an end");
      }
      return result(name, List.of(this));
    }
  }

  /** Connects when the first turn is due. */
  public TurnLoad(Options options, Turns turns) {
    this.options = options;
    this.turns = turns;
    this.random = new SplittableRandom(options.seed);
    this.group =
        new MultiThreadIoEventLoopGroup(1, new PromptThreads("turns"), NioIoHandler.newFactory());
    this.eventLoop = (EventLoop) group.iterator().next();
    this.channel =
        NettyChannelBuilder.forAddress(options.host, options.port)
            .eventLoopGroup(group)
            .channelType(NioSocketChannel.class)
            .directExecutor()
            .usePlaintext()
            .disableServiceConfigLookUp()
            .disableRetry()
            .proxyDetector(address -> null)
            .build();
  }

  /** Begins to play turns for a time, and returns at once. */
  public Played start(String name, Duration duration) {
    Played played = new Played(name);
    long begin = System.nanoTime() + LEAD.toNanos();
    played.seconds = duration.toNanos() / 1e9;
    played.nextNanos = begin + gap();
    played.endNanos = begin + duration.toNanos();
    played.recorded.add(new Recorder(false, begin, options.recording.toNanos()));
    played.biases.add(new Recorder(false, begin, options.deadline.toNanos()));
    eventLoop.execute(() -> pump(played));
    return played;
  }

  /** What became of several stretches, which have ended, as one. */
  public static Result result(String name, List<Played> all) {
    double seconds = all.stream().mapToDouble(played -> played.seconds).sum();
    Phase phase = Phase.of(name, 1, Duration.ofNanos((long) (seconds * 1e9)));
    return new Result(
        PhaseResult.of(
            phase, seconds, all.stream().flatMap(p -> p.recorded.stream()).toList(), null),
        PhaseResult.of(
            phase, seconds, all.stream().flatMap(p -> p.biases.stream()).toList(), null));
  }

  private long gap() {
    return (long) (1e9 / options.rate * options.arrivals.gap(random));
  }

  private void pump(Played played) {
    while (played.nextNanos < played.endNanos) {
      long now = System.nanoTime();
      if (played.nextNanos > now) {
        eventLoop.schedule(() -> pump(played), played.nextNanos - now, TimeUnit.NANOSECONDS);
        return;
      }
      begin(played, played.nextNanos, now);
      played.nextNanos += gap();
    }
    played.isSent = true;
    endIfDone(played);
  }

  private static void endIfDone(Played played) {
    if (played.isSent && played.open == 0) {
      played.ended.countDown();
    }
  }

  private void begin(Played played, long due, long now) {
    Turn turn = turns.next(random);
    Recorder recorder = played.recorded.get(0);
    recorder.sent(due, now);
    played.open++;
    call(
        RECORD,
        turn.events,
        due + options.recording.toNanos() - now,
        (status, response) -> {
          long at = System.nanoTime();
          if (status.isOk() && response != null) {
            recorder.answered(due, at, response, Traffic.Reader.NOTHING);
            if (options.reply.isEmpty()) {
              ask(played, turn, at);
            }
          } else {
            recorder.ended(due, at, status.getCode());
          }
          played.open--;
          endIfDone(played);
        });
    options.reply.ifPresent(reply -> {
      long ends = due + reply.toNanos();
      played.open++;
      eventLoop.schedule(
          () -> {
            ask(played, turn, ends);
            played.open--;
          },
          ends - now,
          TimeUnit.NANOSECONDS);
    });
  }

  private void ask(Played played, Turn turn, long due) {
    Recorder recorder = played.biases.get(0);
    long now = System.nanoTime();
    recorder.sent(due, now);
    played.open++;
    call(
        BIAS,
        turn.bias,
        due + options.deadline.toNanos() - now,
        (status, response) -> {
          long at = System.nanoTime();
          if (status.isOk() && response != null) {
            recorder.answered(due, at, response, BiasTraffic.BIAS);
          } else {
            recorder.ended(due, at, status.getCode());
          }
          played.open--;
          endIfDone(played);
        });
  }

  /** Takes what came of a call. */
  @FunctionalInterface
  private interface Ended {
    void with(Status status, byte @Nullable [] response);
  }

  private void call(
      MethodDescriptor<byte[], byte[]> method, byte[] request, long nanosLeft, Ended ended) {
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            method,
            CallOptions.DEFAULT.withDeadlineAfter(Math.max(1, nanosLeft), TimeUnit.NANOSECONDS));
    call.start(
        new ClientCall.Listener<>() {
          private byte @Nullable [] response;

          @Override
          public void onMessage(byte[] message) {
            response = message;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.with(status, response);
          }
        },
        new Metadata());
    call.sendMessage(request);
    call.halfClose();
    call.request(2);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      boolean unused = channel.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
