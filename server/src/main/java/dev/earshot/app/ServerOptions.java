package dev.earshot.app;

import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.Search;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a server runs. What each option means for users is said where it is a flag, in {@link
 * ServeCommand}.
 *
 * @param port 0: any free one
 * @param metricsPort 0: any free one; −1: no metrics endpoint
 * @param maxRun what a batch may take before it is terminated; zero: what the SLO and the bundle
 *     suggest
 * @param linger how long a request may be kept for others to join its batch; zero: not at all
 * @param summaryCacheBytes what users' summaries may take
 * @param bias how biases are made
 */
public record ServerOptions(
    String host,
    int port,
    int metricsPort,
    Path bundle,
    ExecutionProvider executionProvider,
    Search search,
    Duration slo,
    boolean enforceSlo,
    int workers,
    int batchMax,
    int queueMax,
    Duration maxRun,
    Duration linger,
    int streamInflight,
    long summaryCacheBytes,
    Bias bias,
    Duration drain,
    StoreOptions store) {

  static final int MAX_BATCH = 64;
  private static final int CORES_AN_EVENT_LOOP = 8;

  public ServerOptions {
    requireBetween("port", port, 0, 65_535);
    requireBetween("metrics-port", metricsPort, -1, 65_535);
    requireBetween("slo (ms)", slo.toMillis(), 1, 60_000);
    requireBetween("workers", workers, 1, 1_024);
    requireBetween("batch-max", batchMax, 1, MAX_BATCH);
    requireBetween("queue-max", queueMax, 1, 1_000_000);
    requireBetween("max-run (ms)", maxRun.toMillis(), 0, 60_000);
    requireBetween("linger (us)", linger.toNanos() / 1_000, 0, 1_000_000);
    requireBetween("stream-inflight", streamInflight, 1, 65_536);
    requireBetween("summary-cache", summaryCacheBytes, 1 << 16, 1L << 40);
    requireBetween("drain (ms)", drain.toMillis(), 0, 3_600_000);
  }

  /**
   * How biases are made.
   *
   * @param bundle the models; empty: phrases by their spelling alone, and no rescoring
   * @param workers threads that make biases and rescore
   * @param cacheBytes what prepared turns may take, outside the Java heap
   * @param listCacheBytes what users' lists may take
   */
  public record Bias(Optional<Path> bundle, int workers, long cacheBytes, long listCacheBytes) {
    /** One worker; 64 MiB each. */
    public static Bias of(Optional<Path> bundle) {
      return new Bias(bundle, 1, 64L << 20, 128L << 20);
    }

    public Bias {
      requireBetween("bias-workers", workers, 1, 1_024);
      requireBetween("bias-cache", cacheBytes, 1 << 16, 1 << 30);
      requireBetween("list-cache", listCacheBytes, 1 << 16, 1L << 40);
    }
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
        Search.AUTO,
        Duration.ofMillis(15),
        false,
        defaultWorkers(),
        16,
        1_024,
        Duration.ZERO,
        Duration.ZERO,
        64,
        64L << 20,
        Bias.of(beside(bundle)),
        Duration.ofSeconds(10),
        StoreOptions.memory());
  }

  /** The bias bundle that stands beside a bundle, if one does. */
  static Optional<Path> beside(Path bundle) {
    Path bias = bundle.toAbsolutePath().normalize().resolveSibling("bias");
    return Files.isDirectory(bias) ? Optional.of(bias) : Optional.empty();
  }

  /** The same with another store. */
  public ServerOptions with(StoreOptions otherStore) {
    return new ServerOptions(
        host,
        port,
        metricsPort,
        bundle,
        executionProvider,
        search,
        slo,
        enforceSlo,
        workers,
        batchMax,
        queueMax,
        maxRun,
        linger,
        streamInflight,
        summaryCacheBytes,
        bias,
        drain,
        otherStore);
  }

  /** These options with another metrics port. */
  public ServerOptions withMetricsPort(int other) {
    return new ServerOptions(
        host,
        port,
        other,
        bundle,
        executionProvider,
        search,
        slo,
        enforceSlo,
        workers,
        batchMax,
        queueMax,
        maxRun,
        linger,
        streamInflight,
        summaryCacheBytes,
        bias,
        drain,
        store);
  }

  /** One for each core but the event loops'. */
  static int defaultWorkers() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() - eventLoops());
  }

  /** Whether there are more threads that answer requests than cores for them. */
  boolean loopsShareCores() {
    return workers + eventLoops() > Runtime.getRuntime().availableProcessors();
  }

  /** One serves more calls a second than seven workers answer. */
  static int eventLoops() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / CORES_AN_EVENT_LOOP);
  }

  private static void requireBetween(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }
}
