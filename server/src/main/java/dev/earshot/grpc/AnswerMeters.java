package dev.earshot.grpc;

import static java.util.Objects.requireNonNull;

import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Refusal;
import dev.earshot.shortlist.Shortlist;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Counts answers, and what they were made without. Thread-safe. */
final class AnswerMeters {
  private final MeterRegistry registry;
  private final BooleanSupplier isServing;
  private final Timer total;
  private final Timer queue;
  private final Timer profile;
  private final Timer encode;
  private final Timer attend;
  private final Timer classify;
  private final SlowLog slow;
  private final Map<Refusal.Reason, Counter> refused = new EnumMap<>(Refusal.Reason.class);
  private final Map<Degradation.Context, Map<Degradation.Reason, Counter>> degraded =
      new EnumMap<>(Degradation.Context.class);
  private final Counter failed;

  /**
   * @param slow gets what took long
   * @param isServing until then answers are the server's own warming up, and not counted
   */
  AnswerMeters(MeterRegistry registry, Duration slo, SlowLog slow, BooleanSupplier isServing) {
    this.registry = registry;
    this.slow = slow;
    this.isServing = isServing;
    this.total =
        Timer.builder("earshot.shortlist")
            .description("From a request's arrival to its answer, inside the server")
            .serviceLevelObjectives(
                slo.dividedBy(16),
                slo.dividedBy(8),
                slo.dividedBy(4),
                slo.dividedBy(2),
                slo.multipliedBy(3).dividedBy(4),
                slo,
                slo.multipliedBy(3).dividedBy(2),
                slo.multipliedBy(2),
                slo.multipliedBy(4))
            .register(registry);
    this.queue = stage("queue");
    this.profile = stage("profile");
    this.encode = stage("encode");
    this.attend = stage("attend");
    this.classify = stage("classify");
    this.failed =
        Counter.builder("earshot.failed")
            .description("Requests that failed by a fault of the server")
            .register(registry);
    for (Refusal.Reason reason : Refusal.Reason.values()) {
      refused.put(
          reason,
          Counter.builder("earshot.refused")
              .description("Requests that got no answer")
              .tag("reason", label(reason))
              .register(registry));
    }
    for (Degradation.Context context : Degradation.Context.values()) {
      degraded.put(context, new EnumMap<>(Degradation.Reason.class));
    }
  }

  private Timer stage(String name) {
    return Timer.builder("earshot.shortlist.stage")
        .description("Time that a request spends in each stage")
        .tag("stage", name)
        .register(registry);
  }

  /** Counts an answer when it is there. */
  void record(CompletableFuture<Shortlist> answer) {
    if (!isServing.getAsBoolean()) {
      return;
    }
    answer.whenComplete((shortlist, failure) -> {
      if (failure == null) {
        record(shortlist);
      } else if (failure instanceof Refusal refusal) {
        requireNonNull(refused.get(refusal.reason())).increment();
      } else if (!answer.isCancelled()) {
        failed.increment();
      }
    });
  }

  private void record(Shortlist shortlist) {
    Shortlist.StageTimes times = shortlist.times();
    total.record(times.totalNanos(), TimeUnit.NANOSECONDS);
    queue.record(times.queueNanos(), TimeUnit.NANOSECONDS);
    profile.record(times.profileNanos(), TimeUnit.NANOSECONDS);
    encode.record(times.encodeNanos(), TimeUnit.NANOSECONDS);
    attend.record(times.attendNanos(), TimeUnit.NANOSECONDS);
    classify.record(times.classifyNanos(), TimeUnit.NANOSECONDS);
    List<Degradation.Missing> missing = shortlist.degradation().missing();
    for (int i = 0; i < missing.size(); i++) {
      if (missing.get(i).reason() != Degradation.Reason.NOT_REQUESTED) {
        degraded(missing.get(i)).increment();
      }
    }
    slow.answered(shortlist);
  }

  private Counter degraded(Degradation.Missing missing) {
    Map<Degradation.Reason, Counter> reasons = requireNonNull(degraded.get(missing.context()));
    synchronized (reasons) {
      return reasons.computeIfAbsent(
          missing.reason(),
          reason ->
              Counter.builder("earshot.degraded")
                  .description("Answers without a context that was asked for")
                  .tag("context", label(missing.context()))
                  .tag("reason", label(reason))
                  .register(registry));
    }
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
