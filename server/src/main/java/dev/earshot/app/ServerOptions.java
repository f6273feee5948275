package dev.earshot.app;

import dev.earshot.model.ExecutionProvider;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How a server runs. What each option means for users is said where it is a flag, in {@link
 * ServeCommand}.
 *
 * @param port 0: any free one
 * @param metricsPort 0: any free one; −1: no metrics endpoint
 * @param summaryCacheBytes what users' summaries may take
 */
public record ServerOptions(
    String host,
    int port,
    int metricsPort,
    Path bundle,
    ExecutionProvider executionProvider,
    Duration slo,
    boolean enforceSlo,
    int workers,
    int batchMax,
    int queueMax,
    int streamInflight,
    long summaryCacheBytes,
    Duration drain,
    StoreOptions store) {

  static final int MAX_BATCH = 64;

  public ServerOptions {
    requireBetween("port", port, 0, 65_535);
    requireBetween("metrics-port", metricsPort, -1, 65_535);
    requireBetween("slo (ms)", slo.toMillis(), 1, 60_000);
    requireBetween("workers", workers, 1, 1_024);
    requireBetween("batch-max", batchMax, 1, MAX_BATCH);
    requireBetween("queue-max", queueMax, 1, 1_000_000);
    requireBetween("stream-inflight", streamInflight, 1, 65_536);
    requireBetween("summary-cache", summaryCacheBytes, 1 << 16, 1L << 40);
    requireBetween("drain (ms)", drain.toMillis(), 0, 3_600_000);
  }

  /**
   * The defaults, for a bundle: loopback, free ports, no metrics, a store in memory. For tests and
   * embedding.
   */
  public static ServerOptions embedded(Path bundle) {
    return new ServerOptions(
        "127.0.0.1",
        0,
        -1,
        bundle,
        ExecutionProvider.CPU,
        Duration.ofMillis(15),
        false,
        defaultWorkers(),
        16,
        1_024,
        64,
        64L << 20,
        Duration.ofSeconds(10),
        StoreOptions.memory());
  }

  /** The same with another store. */
  public ServerOptions with(StoreOptions otherStore) {
    return new ServerOptions(
        host,
        port,
        metricsPort,
        bundle,
        executionProvider,
        slo,
        enforceSlo,
        workers,
        batchMax,
        queueMax,
        streamInflight,
        summaryCacheBytes,
        drain,
        otherStore);
  }

  /** One for each core but the event loop's. */
  static int defaultWorkers() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
  }

  private static void requireBetween(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }
}
