package dev.earshot.app;

import dev.earshot.deadline.TimerError;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.RunTimes;
import dev.earshot.profile.ProfileReads;
import dev.earshot.shortlist.Shortlister;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;

/** Meters that are read off the parts when somebody looks. */
final class EngineMeters {
  private static final double NANOS = 1e9;

  private EngineMeters() {}

  static void bind(
      MeterRegistry registry,
      Shortlister shortlister,
      ProfileReads reads,
      TimerError timerError,
      OnnxRuntime runtime) {
    Gauge.builder("earshot.queue.depth", shortlister, Shortlister::waiting)
        .description("Requests that wait for a worker")
        .register(registry);
    Gauge.builder("earshot.reserve", shortlister, s -> s.reserveNanos() / NANOS)
        .description("What is kept back of a budget for the context-free answer")
        .baseUnit("seconds")
        .register(registry);
    Gauge.builder("earshot.admission.margin", shortlister, s -> s.marginNanos() / NANOS)
        .description("What admission leaves of the time of a request that has to wait")
        .baseUnit("seconds")
        .register(registry);
    Gauge.builder("earshot.timer.error", timerError, error -> error.nanos() / NANOS)
        .description("99th percentile of how late the event loop's timers fire")
        .baseUnit("seconds")
        .register(registry);
    Gauge.builder("earshot.max.run", shortlister, s -> s.maxRun().toNanos() / NANOS)
        .description("What a batch may take before it is terminated")
        .baseUnit("seconds")
        .register(registry);
    Gauge.builder(
            "earshot.summaries.weight", shortlister, s -> (double) s.summaries().weightBytes())
        .description("Memory of the users' summaries")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("earshot.summaries.users", shortlister, s -> (double) s.summaries().count())
        .description("Users whose summaries are in memory")
        .register(registry);
    Gauge.builder("earshot.profiles.breaker.open", reads, r -> r.isOpen() ? 1 : 0)
        .description("1 while profiles are not read, since the store fails")
        .register(registry);
    for (String graph : RunTimes.GRAPHS) {
      FunctionTimer.builder(
              "earshot.runtime.run",
              runtime.runTimes(),
              times -> times.count(graph),
              times -> times.nanos(graph),
              TimeUnit.NANOSECONDS)
          .description("Time in ONNX Runtime")
          .tag("graph", graph)
          .register(registry);
    }
  }
}
