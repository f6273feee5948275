package dev.earshot.perf.load;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests by a schedule and takes the answers, all on one Netty event loop: no request is
 * handed from thread to thread, so on a core of its own the driver is never behind itself.
 *
 * <p>The schedule does not wait for answers. Where the loop was busy when requests were due, they
 * leave at once when it is free, and their latency counts from when they were due.
 *
 * <p>All fields belong to the event loop.
 */
final class LoadLoop {
  /** Requests that are sent before answers are read again. */
  private static final int BURST = 16;

  private static final Metadata.Key<String> CALLER =
      Metadata.Key.of("earshot-caller", Metadata.ASCII_STRING_MARSHALLER);

  private final EventLoop eventLoop;
  private final List<ManagedChannel> channels;
  private final Traffic traffic;
  private final MethodDescriptor<byte[], byte[]> method;
  private final Arrivals arrivals;
  private final long deadlineNanos;
  private final SplittableRandom random;
  private final List<@Nullable Stream> streams = new ArrayList<>();

  private List<Leg> legs = List.of();
  private int leg;
  private long nextNanos;
  private int turn;
  private long nextId;
  private int unanswered;
  private @Nullable Runnable whenSent;

  /**
   * A phase as this loop runs it.
   *
   * @param gapNanos mean time between requests
   */
  record Leg(long startNanos, long endNanos, double gapNanos, Recorder recorder) {}

  LoadLoop(
      EventLoop eventLoop,
      List<ManagedChannel> channels,
      Traffic traffic,
      Arrivals arrivals,
      long deadlineNanos,
      SplittableRandom random) {
    this.eventLoop = eventLoop;
    this.channels = channels;
    this.traffic = traffic;
    this.arrivals = arrivals;
    this.deadlineNanos = deadlineNanos;
    this.random = random;
    this.method =
        Wire.method(
            traffic.method(),
            traffic.envelope() == null ? MethodType.UNARY : MethodType.BIDI_STREAMING);
    for (int i = 0; i < channels.size(); i++) {
      streams.add(null);
    }
  }

  /** Runs legs that follow each other; calls back when the last request has been sent. */
  void start(List<Leg> legs, Runnable whenSent) {
    this.legs = legs;
    this.whenSent = whenSent;
    leg = 0;
    nextNanos = legs.get(0).startNanos + gap();
    pump();
  }

  /** How many requests have no answer yet. */
  int unanswered() {
    return unanswered;
  }

  /** Counts all that is not answered as late. */
  void abandon() {
    long now = System.nanoTime();
    for (Stream stream : streams) {
      if (stream != null) {
        stream.abandon(now);
      }
    }
  }

  void close() {
    for (Stream stream : streams) {
      if (stream != null) {
        stream.call.halfClose();
      }
    }
  }

  private long gap() {
    return (long) (legs.get(leg).gapNanos * arrivals.gap(random));
  }

  private void pump() {
    for (int sent = 0; sent < BURST; sent++) {
      while (nextNanos >= legs.get(leg).endNanos) {
        if (leg == legs.size() - 1) {
          Objects.requireNonNull(whenSent).run();
          return;
        }
        leg++;
        // The process has no memory: what was due after the end is drawn anew at the new rate.
        nextNanos = legs.get(leg).startNanos + gap();
      }
      long now = System.nanoTime();
      if (nextNanos > now) {
        eventLoop.schedule(this::pump, nextNanos - now, TimeUnit.NANOSECONDS);
        return;
      }
      send(nextNanos, now, legs.get(leg).recorder);
      nextNanos += gap();
    }
    eventLoop.execute(this::pump);
  }

  private void send(long dueNanos, long nowNanos, Recorder recorder) {
    byte[] request = traffic.requests().next(random);
    recorder.sent(dueNanos, nowNanos);
    unanswered++;
    int connection = turn;
    turn = (turn + 1) % channels.size();
    if (traffic.envelope() == null) {
      new Unary(dueNanos, recorder).start(channels.get(connection), request, nowNanos);
    } else {
      stream(connection, traffic.envelope()).send(request, dueNanos, recorder);
    }
  }

  private static Metadata headers() {
    Metadata headers = new Metadata();
    headers.put(CALLER, "earshot-bench");
    return headers;
  }

  private final class Unary extends ClientCall.Listener<byte[]> {
    private final long dueNanos;
    private final Recorder recorder;
    private byte @Nullable [] response;

    Unary(long dueNanos, Recorder recorder) {
      this.dueNanos = dueNanos;
      this.recorder = recorder;
    }

    void start(ManagedChannel channel, byte[] request, long nowNanos) {
      long left = Math.max(1, dueNanos + deadlineNanos - nowNanos);
      ClientCall<byte[], byte[]> call =
          channel.newCall(
              method, CallOptions.DEFAULT.withDeadlineAfter(left, TimeUnit.NANOSECONDS));
      call.start(this, headers());
      call.sendMessage(request);
      call.halfClose();
      call.request(2);
    }

    @Override
    public void onMessage(byte[] message) {
      response = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      unanswered--;
      if (status.isOk() && response != null) {
        recorder.answered(dueNanos, System.nanoTime(), response, traffic.reader());
      } else {
        recorder.ended(dueNanos, System.nanoTime(), status.getCode());
      }
    }
  }

  private Stream stream(int connection, Traffic.Envelope envelope) {
    Stream open = streams.get(connection);
    if (open == null) {
      open = new Stream(connection, envelope);
      streams.set(connection, open);
    }
    return open;
  }

  /** A request on a stream. */
  private record Waiting(long dueNanos, Recorder recorder) {}

  private final class Stream extends ClientCall.Listener<byte[]> {
    private final int connection;
    private final Traffic.Envelope envelope;
    private final ClientCall<byte[], byte[]> call;
    private final Map<Long, Waiting> waiting = new HashMap<>();

    Stream(int connection, Traffic.Envelope envelope) {
      this.connection = connection;
      this.envelope = envelope;
      call = channels.get(connection).newCall(method, CallOptions.DEFAULT);
      call.start(this, headers());
      call.request(Integer.MAX_VALUE);
    }

    void send(byte[] request, long dueNanos, Recorder recorder) {
      long id = nextId++;
      waiting.put(id, new Waiting(dueNanos, recorder));
      call.sendMessage(envelope.wrap(id, request));
    }

    @Override
    public void onMessage(byte[] message) {
      long now = System.nanoTime();
      Traffic.Reply reply = envelope.unwrap(message);
      Waiting request = waiting.remove(reply.id());
      if (request == null) {
        return;
      }
      unanswered--;
      if (reply.response() != null) {
        request.recorder.answered(request.dueNanos, now, reply.response(), traffic.reader());
      } else {
        request.recorder.ended(
            request.dueNanos, now, Status.fromCodeValue(reply.errorCode()).getCode());
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      long now = System.nanoTime();
      streams.set(connection, null);
      waiting
          .values()
          .forEach(request -> request.recorder.ended(request.dueNanos, now, status.getCode()));
      unanswered -= waiting.size();
      waiting.clear();
    }

    void abandon(long now) {
      waiting.values().forEach(request -> request.recorder.late(request.dueNanos, now));
      unanswered -= waiting.size();
      waiting.clear();
    }
  }
}
