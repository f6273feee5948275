package dev.earshot.grpc;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.batch.BatchListener;
import dev.earshot.bias.Biaser;
import dev.earshot.bias.UserLists;
import dev.earshot.bias.WindowListener;
import dev.earshot.context.Interactions;
import dev.earshot.core.Foreground;
import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TimerError;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.store.ContextStore;
import dev.earshot.store.FaultyStore;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.Retention;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * {@code earshot.v1.Interactions} and {@code earshot.v1.Biaser} on a free port, on a store in
 * memory whose clock the test moves, and of which single methods hang or fail when they are told
 * to.
 */
final class ServedBiaser implements AutoCloseable {
  static final Instant BEGIN = Instant.parse("2026-01-01T12:00:00Z");

  /** What survives an instance: the store, and its clock. */
  static final class Data implements AutoCloseable {
    final AtomicReference<Instant> now = new AtomicReference<>(BEGIN);
    final MemoryStore store = new MemoryStore(now::get, Retention.DEFAULT);

    @Override
    public void close() {
      store.close();
    }
  }

  final Data data;
  final BiasParts parts = new BiasParts();
  final FaultyStore profileStore = new FaultyStore();
  final Profiles profiles;
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final BlockingQueue<WindowListener.Outcome> windows = new LinkedBlockingQueue<>();
  final BlockingQueue<Boolean> writes = new LinkedBlockingQueue<>();

  /** The names of the store's methods that were called. */
  final List<String> calls = new CopyOnWriteArrayList<>();

  /** The method of the store that returns {@link #instead}. */
  volatile String faulty = "";

  volatile @Nullable CompletionStage<?> instead;

  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final UserLists lists;
  final Biaser biaser;
  private final Server server;
  private final ManagedChannel channel;

  ServedBiaser(Data data) throws IOException, InterruptedException {
    this(data, Duration.ofSeconds(5));
  }

  /**
   * @param budget of calls without a deadline: a caller with one would not see answers that a busy
   *     machine makes a moment too late
   */
  ServedBiaser(Data data, Duration budget) throws IOException, InterruptedException {
    this.data = data;
    Ticker ticker = Ticker.system();
    TimerError timerError = new TimerError(ticker);
    profiles = new Profiles(profileStore, data.now::get);
    ContextStore store = watched(data.store.context());
    PhraseMaker maker = new PhraseMaker();
    lists =
        new UserLists(
            profiles,
            new ProfileReads(profiles::get, timers, ticker, ProfileReads.Limits.DEFAULT),
            maker,
            Runnable::run,
            1 << 20,
            ticker,
            StatsCounter.disabledStatsCounter());
    biaser =
        new Biaser(
            store,
            lists,
            maker,
            parts.models(),
            new Biaser.Clockwork(timers, timerError, ticker, data.now::get, new Foreground(1)),
            new Biaser.Listeners(
                BatchListener.NONE, new Windows(), StatsCounter.disabledStatsCounter()),
            new Biaser.Options(1, 256, 1 << 20));
    biaser.awaitReady();
    Interactions interactions =
        new Interactions(
            store,
            Retention.DEFAULT.ttl(),
            data.now::get,
            () -> ThreadLocalRandom.current().nextLong(),
            biaser.window());
    LenientMarshalling marshalling = new LenientMarshalling();
    Budgets budgets = new Budgets(ticker, budget, false);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .intercept(budgets)
            .addService(
                marshalling.wrap(
                    new InteractionsService(
                            interactions, new Patience(timers, Patience.DEFAULT), marshalling)
                        .bindService()))
            .addService(
                marshalling.wrap(
                    new BiaserService(
                            biaser,
                            budgets,
                            marshalling,
                            new BiasMeters(
                                registry,
                                Duration.ofMillis(15),
                                new SlowLog(ticker, Duration.ofSeconds(10)),
                                () -> true),
                            4)
                        .bindService()))
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  private final class Windows implements WindowListener {
    @Override
    public void ended(Outcome outcome, long nanos) {
      windows.add(outcome);
    }

    @Override
    public void stored(boolean succeeded) {
      writes.add(succeeded);
    }
  }

  private ContextStore watched(ContextStore healthy) {
    return (ContextStore)
        Proxy.newProxyInstance(
            ContextStore.class.getClassLoader(),
            new Class<?>[] {ContextStore.class},
            (proxy, method, arguments) -> {
              calls.add(method.getName());
              CompletionStage<?> answer = instead;
              if (answer != null && method.getName().equals(faulty)) {
                return answer;
              }
              try {
                return method.invoke(healthy, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** From now on a method of the store returns this. */
  void fault(String method, CompletionStage<?> answer) {
    faulty = method;
    instead = answer;
  }

  void heal() {
    instead = null;
  }

  /** Waits until a window has ended, and what it computed is stored. */
  WindowListener.Outcome awaitWindow() throws InterruptedException {
    WindowListener.Outcome outcome = windows.poll(10, TimeUnit.SECONDS);
    if (outcome == null) {
      throw new AssertionError("no window ended");
    }
    if (outcome != WindowListener.Outcome.FAILED
        && outcome != WindowListener.Outcome.REPLACED
        && writes.poll(10, TimeUnit.SECONDS) == null) {
      throw new AssertionError("nothing was stored");
    }
    return outcome;
  }

  ManagedChannel channel() {
    return channel;
  }

  /** Ends it, after which all that was answered is counted. */
  @Override
  public void close() throws InterruptedException {
    parts.encoding.countDown();
    parts.rescoring.countDown();
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    biaser.close();
    lists.close();
    timers.shutdownNow();
    timers.awaitTermination(5, TimeUnit.SECONDS);
  }
}
