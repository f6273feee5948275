package dev.earshot.perf.load;

import io.grpc.Status;
import java.util.HashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Counts what becomes of a phase's requests, on the one thread of a {@link LoadLoop}; read once
 * that is done.
 */
final class Recorder {
  static final int STAGES = 6;
  private static final long MAX_NANOS = 120_000_000_000L;

  final Histogram latency = histogram();
  final Histogram refusals = histogram();
  final Histogram lag = histogram();
  final Map<String, Long> missing = new HashMap<>();
  final Map<String, Long> refusedWith = new HashMap<>();
  final Map<String, Long> failed = new HashMap<>();
  final Timeline timeline = new Timeline();
  final long[] stages = new long[STAGES];

  long scheduled;
  long full;
  long degraded;
  long refused;
  long late;
  long responseBytes;
  long accounts;

  private final boolean withTimeline;
  private final long startNanos;
  private final long deadlineNanos;

  Recorder(boolean withTimeline, long startNanos, long deadlineNanos) {
    this.withTimeline = withTimeline;
    this.startNanos = startNanos;
    this.deadlineNanos = deadlineNanos;
  }

  static Histogram histogram() {
    return new Histogram(MAX_NANOS, 3);
  }

  void sent(long dueNanos, long nowNanos) {
    scheduled++;
    lag.recordValue(bounded(nowNanos - dueNanos));
  }

  void answered(long dueNanos, long nowNanos, byte[] response, Traffic.Reader reader) {
    long nanos = nowNanos - dueNanos;
    if (nanos > deadlineNanos) {
      late(dueNanos, nowNanos);
      return;
    }
    latency.recordValue(bounded(nanos));
    if (withTimeline) {
      timeline.answered(dueNanos - startNanos, nanos);
    }
    Answer answer = reader.read(response);
    responseBytes += response.length;
    if (answer.missing().isEmpty()) {
      full++;
    } else {
      degraded++;
      answer.missing().forEach(name -> missing.merge(name, 1L, Long::sum));
    }
    Answer.Stages account = answer.stages();
    if (account != null) {
      accounts++;
      stages[0] += account.queue();
      stages[1] += account.profile();
      stages[2] += account.encode();
      stages[3] += account.attend();
      stages[4] += account.classify();
      stages[5] += account.total();
    }
  }

  void ended(long dueNanos, long nowNanos, Status.Code code) {
    // The server says so while there is time: a refusal. Else the client gave up, or could have.
    boolean toldInTime = nowNanos - dueNanos < deadlineNanos;
    switch (code) {
      case RESOURCE_EXHAUSTED -> refused(dueNanos, nowNanos, code);
      case DEADLINE_EXCEEDED -> {
        if (toldInTime) {
          refused(dueNanos, nowNanos, code);
        } else {
          late(dueNanos, nowNanos);
        }
      }
      default -> {
        failed.merge(code.name(), 1L, Long::sum);
        if (withTimeline) {
          timeline.lost(dueNanos - startNanos);
        }
      }
    }
  }

  private void refused(long dueNanos, long nowNanos, Status.Code code) {
    refused++;
    refusedWith.merge(code.name(), 1L, Long::sum);
    refusals.recordValue(bounded(nowNanos - dueNanos));
    if (withTimeline) {
      timeline.refused(dueNanos - startNanos);
    }
  }

  /** Counts a request that has no answer by its deadline, with the time at which that was clear. */
  void late(long dueNanos, long nowNanos) {
    late++;
    latency.recordValue(bounded(Math.max(deadlineNanos, nowNanos - dueNanos)));
    if (withTimeline) {
      timeline.lost(dueNanos - startNanos);
    }
  }

  /** What has been counted until now, to be shown. */
  Recorder copyWithoutTimeline() {
    Recorder copy = new Recorder(false, startNanos, deadlineNanos);
    copy.latency.add(latency);
    copy.refusals.add(refusals);
    copy.lag.add(lag);
    copy.missing.putAll(missing);
    copy.refusedWith.putAll(refusedWith);
    copy.failed.putAll(failed);
    copy.scheduled = scheduled;
    copy.full = full;
    copy.degraded = degraded;
    copy.refused = refused;
    copy.late = late;
    copy.responseBytes = responseBytes;
    return copy;
  }

  private static long bounded(long nanos) {
    return Math.max(0, Math.min(MAX_NANOS, nanos));
  }
}
