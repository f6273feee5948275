package dev.earshot.app;

import dev.earshot.batch.BatchListener;
import dev.earshot.batch.Job;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Measures what workers do. Thread-safe. */
final class BatchMeters implements BatchListener {
  private static final double[] SIZES = {1, 2, 4, 8, 16, 32, 64};
  private static final double[] RATIOS = {0.5, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 4};
  private static final Duration[] RUNS = {
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(4),
    Duration.ofMillis(8),
    Duration.ofMillis(16)
  };

  private final MeterRegistry registry;
  private final Map<String, LaneMeters> lanes = new ConcurrentHashMap<>();

  BatchMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void ran(String lane, int size, long expectedNanos, long actualNanos, boolean terminated) {
    LaneMeters meters = of(lane);
    meters.size.record(size);
    meters.run.record(actualNanos, TimeUnit.NANOSECONDS);
    if (expectedNanos > 0) {
      meters.ratio.record((double) actualNanos / expectedNanos);
    }
    if (terminated) {
      meters.terminated.increment();
    }
  }

  @Override
  public void dropped(String lane, Job.Drop why) {
    registry
        .counter("earshot.dropped", "lane", lane, "reason", why.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  private LaneMeters of(String lane) {
    return lanes.computeIfAbsent(lane, name -> new LaneMeters(registry, name));
  }

  /** The meters of a lane. */
  private static final class LaneMeters {
    final DistributionSummary size;
    final Timer run;
    final DistributionSummary ratio;
    final Counter terminated;

    LaneMeters(MeterRegistry registry, String lane) {
      size =
          DistributionSummary.builder("earshot.batch.size")
              .description("Jobs of a batch")
              .tag("lane", lane)
              .serviceLevelObjectives(SIZES)
              .register(registry);
      run =
          Timer.builder("earshot.batch.run")
              .description(
                  "Time of a batch, from being begun to its last answer's being handed over")
              .tag("lane", lane)
              .serviceLevelObjectives(RUNS)
              .register(registry);
      ratio =
          DistributionSummary.builder("earshot.batch.actual.to.expected")
              .description("Time of a batch by the time that was predicted for it")
              .tag("lane", lane)
              .serviceLevelObjectives(RATIOS)
              .register(registry);
      terminated =
          Counter.builder("earshot.batch.terminated")
              .description("Batches that took longer than --max-run and were terminated")
              .tag("lane", lane)
              .register(registry);
    }
  }
}
