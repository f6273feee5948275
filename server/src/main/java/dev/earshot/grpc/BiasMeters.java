package dev.earshot.grpc;

import dev.earshot.bias.Bias;
import dev.earshot.bias.BiasTimes;
import dev.earshot.bias.RescoreAnswer;
import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Refusal;
import dev.earshot.store.StoreException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Counts biases and rescored lists, and what they were made without. Thread-safe. */
final class BiasMeters {
  private final MeterRegistry registry;
  private final BooleanSupplier isServing;
  private final SlowLog slow;
  private final Call bias;
  private final Call rescore;

  /**
   * @param slow gets what took long
   * @param isServing until then answers are the server's own warming up, and not counted
   */
  BiasMeters(MeterRegistry registry, Duration slo, SlowLog slow, BooleanSupplier isServing) {
    this.registry = registry;
    this.isServing = isServing;
    this.slow = slow;
    bias = new Call(registry, "bias", "bias", slo);
    rescore = new Call(registry, "rescore", "n-best", slo);
  }

  /** Counts a bias when it is there. */
  void recordBias(CompletableFuture<Bias> answer) {
    answer.whenComplete((made, failure) ->
        ended(
            bias,
            made == null ? null : made.times(),
            made == null ? Degradation.NONE : made.degradation(),
            failure));
  }

  /** Counts a rescored list when it is there. */
  void recordRescore(CompletableFuture<RescoreAnswer> answer) {
    answer.whenComplete((made, failure) ->
        ended(
            rescore,
            made == null ? null : made.times(),
            made == null ? Degradation.NONE : made.degradation(),
            failure));
  }

  private void ended(
      Call call, @Nullable BiasTimes times, Degradation degradation, @Nullable Throwable failure) {
    if (!isServing.getAsBoolean()) {
      return;
    }
    if (times == null) {
      failed(failure);
      return;
    }
    call.record(times);
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
    for (Degradation.Stage stage : degradation.skippedStages()) {
      Counter.builder("earshot.skipped")
          .description("Answers without a stage that was asked for, for want of time")
          .tag("stage", label(stage))
          .register(registry)
          .increment();
    }
    slow.answered(times.totalNanos(), others -> line(call.what, times, degradation, others));
  }

  private void failed(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof Refusal refusal) {
      registry.counter("earshot.refused", "reason", label(refusal.reason())).increment();
    } else if (!(cause instanceof CancellationException)
        && !(cause instanceof RpcError)
        && !(cause instanceof StoreException problem && !problem.kind().isFault())) {
      registry.counter("earshot.failed").increment();
    }
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  static String line(String what, BiasTimes times, Degradation degradation, long others) {
    long known =
        times.queueNanos()
            + times.dialogueNanos()
            + times.phrasesNanos()
            + times.encodeNanos()
            + times.rescoreNanos();
    return String.format(
        Locale.ROOT,
        "slow %s: %.2f ms = queue %.2f + dialogue %.2f + phrases %.2f + encode %.2f + rescore %.2f"
            + " + between %.2f; without: %s; %d others since the last such line",
        what,
        SlowLog.millis(times.totalNanos()),
        SlowLog.millis(times.queueNanos()),
        SlowLog.millis(times.dialogueNanos()),
        SlowLog.millis(times.phrasesNanos()),
        SlowLog.millis(times.encodeNanos()),
        SlowLog.millis(times.rescoreNanos()),
        SlowLog.millis(times.totalNanos() - known),
        SlowLog.lacking(degradation),
        others);
  }

  /** The timers of one kind of answer. */
  private static final class Call {
    final String what;
    private final Timer total;
    private final Timer queue;
    private final Timer dialogue;
    private final Timer phrases;
    private final Timer encode;
    private final Timer rescore;

    Call(MeterRegistry registry, String name, String what, Duration slo) {
      this.what = what;
      this.total =
          Timer.builder("earshot." + name)
              .description("From a request's arrival to its answer, inside the server")
              .serviceLevelObjectives(
                  slo.dividedBy(16),
                  slo.dividedBy(8),
                  slo.dividedBy(4),
                  slo.dividedBy(2),
                  slo.multipliedBy(3).dividedBy(4),
                  slo,
                  slo.multipliedBy(2))
              .register(registry);
      queue = stage(registry, name, "queue");
      dialogue = stage(registry, name, "dialogue");
      phrases = stage(registry, name, "phrases");
      encode = stage(registry, name, "encode");
      rescore = stage(registry, name, "rescore");
    }

    private static Timer stage(MeterRegistry registry, String name, String stage) {
      return Timer.builder("earshot." + name + ".stage")
          .description("Time that a request spends in each stage")
          .tag("stage", stage)
          .register(registry);
    }

    void record(BiasTimes times) {
      total.record(times.totalNanos(), TimeUnit.NANOSECONDS);
      queue.record(times.queueNanos(), TimeUnit.NANOSECONDS);
      dialogue.record(times.dialogueNanos(), TimeUnit.NANOSECONDS);
      phrases.record(times.phrasesNanos(), TimeUnit.NANOSECONDS);
      encode.record(times.encodeNanos(), TimeUnit.NANOSECONDS);
      rescore.record(times.rescoreNanos(), TimeUnit.NANOSECONDS);
    }
  }
}
