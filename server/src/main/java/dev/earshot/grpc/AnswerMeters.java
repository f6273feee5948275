package dev.earshot.grpc;

import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Refusal;
import dev.earshot.shortlist.Shortlist;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
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

  /**
   * @param isServing until then answers are the server's own warming up, and not counted
   */
  AnswerMeters(MeterRegistry registry, Duration slo, BooleanSupplier isServing) {
    this.registry = registry;
    this.isServing = isServing;
    this.total =
        Timer.builder("earshot.shortlist")
            .description("From a request's arrival to its answer, inside the server")
            .serviceLevelObjectives(
                slo.dividedBy(8), slo.dividedBy(4), slo.dividedBy(2), slo, slo.multipliedBy(2))
            .register(registry);
    this.queue = stage("queue");
    this.profile = stage("profile");
    this.encode = stage("encode");
    this.attend = stage("attend");
    this.classify = stage("classify");
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
        registry.counter("earshot.refused", "reason", label(refusal.reason())).increment();
      } else if (!answer.isCancelled()) {
        registry.counter("earshot.failed").increment();
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
    Degradation degradation = shortlist.degradation();
    if (degradation.isDegraded()) {
      for (Degradation.Missing missing : degradation.missing()) {
        if (missing.reason() != Degradation.Reason.NOT_REQUESTED) {
          registry
              .counter(
                  "earshot.degraded",
                  "context",
                  label(missing.context()),
                  "reason",
                  label(missing.reason()))
              .increment();
        }
      }
    }
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
