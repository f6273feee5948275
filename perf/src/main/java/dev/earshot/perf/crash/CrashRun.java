package dev.earshot.perf.crash;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.perf.process.Cpus;
import dev.earshot.perf.process.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Rounds of load, kill, restart and check, on one data directory.
 *
 * <p>In each round some callers write events and profiles as fast as they are answered. At a random
 * moment the server is ended by SIGKILL, with writes under way. It is started again, and what was
 * acknowledged, in this round or before, must be there: each event once, with its text, in the
 * order of acknowledgement of each caller; each profile as acknowledged or as sent later; what was
 * removed gone. Then the callers go on, each by repeating the write that was not answered. After
 * the last round all is looked at that was ever acknowledged.
 */
public final class CrashRun {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration CALL_DEADLINE = Duration.ofSeconds(20);

  /** Of interactions of earlier rounds, in each round's check. */
  private static final int OLDER = 200;

  private final ServerProcess.Spec server;
  private final Options options;
  private final Ledger ledger = new Ledger();

  /** The kill's moment and what is checked; each writer has randomness of its own. */
  private final Random random;

  private final List<Writer> writers;

  /**
   * How it is done.
   *
   * @param run a name that no other run on the data directory had
   * @param longestLoad a kill comes at most so long after a round's first acknowledgement
   * @param seed of the moments of the kills, and of what is written
   */
  public record Options(String run, int rounds, int writers, Duration longestLoad, long seed) {
    /** The most writers whose events fit into one interaction. */
    public static final int MAX_WRITERS = 64;

    public Options {
      requireBetween("rounds", rounds, 1, 1_000_000);
      requireBetween("writers", writers, 1, MAX_WRITERS);
      requireBetween("load (ms)", longestLoad.toMillis(), 1, 60_000);
    }

    private static void requireBetween(String name, long value, long min, long max) {
      if (value < min || value > max) {
        throw new IllegalArgumentException(
            name + ": " + value + " (expected: " + min + " to " + max + ")");
      }
    }
  }

  /**
   * One round.
   *
   * @param acknowledged writes
   * @param unanswered writes that were under way when the server was killed
   * @param loadMs from the first acknowledgement to the kill
   * @param recoveryMs from the new process's start until it serves
   */
  public record Round(
      int number,
      long acknowledged,
      long unanswered,
      double loadMs,
      double recoveryMs,
      Findings findings) {}

  /**
   * All rounds.
   *
   * @param firstStartMs from the first process's start until it serves, on an empty store
   * @param end all that was ever acknowledged, after the last round
   */
  public record Result(double firstStartMs, List<Round> rounds, Findings end) {
    public Result {
      rounds = List.copyOf(rounds);
    }

    public long acknowledged() {
      return rounds.stream().mapToLong(Round::acknowledged).sum();
    }

    public long unanswered() {
      return rounds.stream().mapToLong(Round::unanswered).sum();
    }

    /**
     * What was found in all rounds. A loss is found again at the end, so that it may count twice.
     */
    public Findings findings() {
      return rounds.stream().map(Round::findings).reduce(Findings.NONE, Findings::plus).plus(end);
    }
  }

  /**
   * A run; nothing is started yet.
   *
   * @param server with its data directory, the same at each start
   */
  public CrashRun(ServerProcess.Spec server, Options options) {
    this.server = server;
    this.options = options;
    this.random = new Random(options.seed);
    this.writers =
        IntStream.range(0, options.writers)
            .mapToObj(i ->
                new Writer(
                    "w" + i, options.run, options.writers, ledger, new Random(random.nextLong())))
            .toList();
  }

  /**
   * Runs all rounds, also after a loss.
   *
   * @param listener is told each round
   * @throws IOException if the server does not start
   * @throws ExecutionException if the server refuses a write or a read
   */
  public Result run(Consumer<Round> listener)
      throws IOException, InterruptedException, ExecutionException {
    List<Round> rounds = new ArrayList<>();
    long begin = System.nanoTime();
    ServerProcess process = start();
    double firstStartMs = millisSince(begin);
    try {
      for (int number = 1; number <= options.rounds; number++) {
        long before = ledger.acknowledged();
        Kill kill = loadAndKill(process);
        process.close();
        begin = System.nanoTime();
        process = start();
        double recoveryMs = millisSince(begin);
        try (EarshotClient client = client(process)) {
          Round round =
              new Round(
                  number,
                  ledger.acknowledged() - before,
                  kill.unanswered,
                  kill.loadMs,
                  recoveryMs,
                  ledger.checkRecent(client, OLDER, random));
          rounds.add(round);
          listener.accept(round);
        }
      }
      try (EarshotClient client = client(process)) {
        return new Result(firstStartMs, rounds, ledger.checkAll(client));
      }
    } finally {
      process.close();
    }
  }

  private record Kill(double loadMs, long unanswered) {}

  private Kill loadAndKill(ServerProcess process) throws InterruptedException, ExecutionException {
    AtomicBoolean killed = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(writers.size());
    try (EarshotClient client = client(process)) {
      long before = ledger.acknowledged();
      List<Future<Boolean>> runs = new ArrayList<>();
      for (Writer writer : writers) {
        runs.add(threads.submit(() -> writer.writeUntil(killed, client)));
      }
      awaitAcknowledgement(before, runs);
      long begin = System.nanoTime();
      TimeUnit.NANOSECONDS.sleep((long) (random.nextDouble() * options.longestLoad.toNanos()));
      process.crash();
      killed.set(true);
      double loadMs = millisSince(begin);
      long unanswered = 0;
      for (Future<Boolean> run : runs) {
        unanswered += run.get() ? 1 : 0;
      }
      return new Kill(loadMs, unanswered);
    } finally {
      killed.set(true);
      threads.shutdownNow();
    }
  }

  private void awaitAcknowledgement(long before, List<Future<Boolean>> runs)
      throws InterruptedException, ExecutionException {
    long giveUp = System.nanoTime() + PATIENCE.toNanos();
    while (ledger.acknowledged() == before) {
      for (Future<Boolean> run : runs) {
        if (run.isDone()) {
          // Refused, or it would go on.
          boolean unused = run.get();
        }
      }
      if (System.nanoTime() > giveUp) {
        throw new ExecutionException(
            "no write was answered in " + PATIENCE.toSeconds() + " s", null);
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private ServerProcess start() throws IOException, InterruptedException {
    return ServerProcess.start(server, Cpus.ANY, PATIENCE);
  }

  private static EarshotClient client(ServerProcess process) {
    EarshotClient client =
        EarshotClient.builder(process.host() + ":" + process.port())
            .callDeadline(CALL_DEADLINE)
            .closeGrace(Duration.ofMillis(100))
            .build();
    boolean ready = false;
    try {
      client.awaitReady(PATIENCE);
      ready = true;
      return client;
    } catch (EarshotException e) {
      throw new IllegalStateException("it served, and does no more: " + e.getMessage(), e);
    } finally {
      if (!ready) {
        client.close();
      }
    }
  }

  private static double millisSince(long begin) {
    return Math.round((System.nanoTime() - begin) / 1e4) / 100.0;
  }
}
