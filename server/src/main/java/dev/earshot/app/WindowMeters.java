package dev.earshot.app;

import dev.earshot.bias.Biaser;
import dev.earshot.bias.WindowListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Measures what is computed ahead of a turn. Thread-safe. */
final class WindowMeters implements WindowListener {
  private final Map<Outcome, Timer> windows = new EnumMap<>(Outcome.class);
  private final Counter stored;
  private final Counter notStored;

  WindowMeters(MeterRegistry registry) {
    for (Outcome outcome : Outcome.values()) {
      windows.put(
          outcome,
          Timer.builder("earshot.window")
              .description("From an event that expects speech to the end of the computation")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .serviceLevelObjectives(
                  Duration.ofMillis(5),
                  Duration.ofMillis(15),
                  Duration.ofMillis(50),
                  Duration.ofMillis(250),
                  Duration.ofSeconds(1))
              .register(registry));
    }
    stored = stored(registry, "stored");
    notStored = stored(registry, "failed");
  }

  private static Counter stored(MeterRegistry registry, String result) {
    return Counter.builder("earshot.window.stored")
        .description("Computed biases that were to be written to the store")
        .tag("result", result)
        .register(registry);
  }

  /** Gauges that are read off the biaser when somebody looks. */
  static void bind(MeterRegistry registry, Biaser biaser) {
    Gauge.builder("earshot.window.under.way", biaser, of -> (double) of.underWay())
        .description("Turns whose bias is being computed")
        .register(registry);
    Gauge.builder("earshot.bias.queue.depth", biaser, of -> (double) of.waiting())
        .description("Steps that wait for a bias worker")
        .register(registry);
    Gauge.builder("earshot.bias.reserve", biaser, of -> of.reserveNanos() / 1e9)
        .description("What is kept back of a budget for the bias without context")
        .baseUnit("seconds")
        .register(registry);
    Gauge.builder("earshot.turns.weight", biaser, of -> (double) of.weightBytes())
        .description("Memory of the turns whose bias was computed")
        .baseUnit("bytes")
        .register(registry);
  }

  @Override
  public void ended(Outcome outcome, long nanos) {
    Objects.requireNonNull(windows.get(outcome)).record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void stored(boolean succeeded) {
    (succeeded ? stored : notStored).increment();
  }
}
