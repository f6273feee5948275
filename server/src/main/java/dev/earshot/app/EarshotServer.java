package dev.earshot.app;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.bias.BiasModels;
import dev.earshot.bias.Biaser;
import dev.earshot.bias.UserLists;
import dev.earshot.catalog.BundleReloader;
import dev.earshot.catalog.Catalog;
import dev.earshot.context.Interactions;
import dev.earshot.core.Foreground;
import dev.earshot.core.JvmThreads;
import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TimerError;
import dev.earshot.grpc.GrpcEndpoint;
import dev.earshot.model.BundleException;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.phrase.PhraseMaker;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.profile.Users;
import dev.earshot.shortlist.Shortlister;
import dev.earshot.shortlist.UserSummaries;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.MeteredStore;
import dev.earshot.store.ProfileStore;
import dev.earshot.store.Retention;
import dev.earshot.store.Store;
import dev.earshot.store.StoredProfiles;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.upkeep.StoreUpkeep;
import io.micrometer.core.instrument.binder.cache.CaffeineStatsCounter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;

/**
 * The composition root: makes every part, hands each what it needs, and takes them down in the
 * opposite order.
 */
public final class EarshotServer implements AutoCloseable {
  /** How often the event loop's lateness is measured where no request sets a timer. */
  private static final Duration TIMER_PROBE = Duration.ofMillis(20);

  private final ServerOptions options;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final OpenStore store;
  private final Catalog catalog;
  private final BundleReloader reloader;
  private final GrpcEndpoint grpc;
  private final GrpcEndpoint.Rehearsed rehearsed;
  private final int metricsPort;

  private EarshotServer(ServerOptions options, UnaryOperator<ProfileStore> wrap)
      throws StartupException, InterruptedException {
    this.options = options;
    Ticker ticker = Ticker.system();
    InstantSource clock = InstantSource.system();
    boolean started = false;
    try {
      PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      parts.push(registry::close);
      new JvmMemoryMetrics().bindTo(registry);
      new JvmThreadMetrics().bindTo(registry);
      own(new JvmGcMetrics()).bindTo(registry);
      // Before the model, which takes longer to load than it takes to see that the data is in use.
      store = own(OpenStore.open(options.store(), clock, registry));
      StoreUpkeep upkeep = own(store.upkeep(options.store(), clock));
      OnnxRuntime runtime = startRuntime();
      catalog = own(new Catalog(load(runtime), clock.instant()));
      ProfileStore profileStore = wrap.apply(new StoredProfiles(store.store().profiles()));
      Profiles profiles = new Profiles(profileStore, clock);
      Users users = new Users(store.store(), profiles);
      GrpcEndpoint.EventLoops eventLoops =
          own(GrpcEndpoint.EventLoops.start(ServerOptions.eventLoops()));
      TimerError timerError = new TimerError(ticker);
      Foreground foreground = new Foreground(Runtime.getRuntime().availableProcessors());
      timerError.probe(eventLoops.timers(), TIMER_PROBE);
      ProfileReads reads =
          new ProfileReads(profiles::get, eventLoops.timers(), ticker, ProfileReads.Limits.DEFAULT);
      PhraseMaker phraseMaker = new PhraseMaker();
      UserLists userLists =
          own(
              new UserLists(
                  profiles,
                  reads,
                  phraseMaker,
                  ForkJoinPool.commonPool(),
                  options.bias().listCacheBytes(),
                  ticker,
                  new CaffeineStatsCounter(registry, "lists")));
      BiasModels biasModels = biasModels(runtime);
      biasModels.encoder().ifPresent(parts::push);
      Biaser.Clockwork clockwork =
          new Biaser.Clockwork(eventLoops.timers(), timerError, ticker, clock, foreground);
      rehearsed =
          rehearsed(options.store().retention(), userLists, phraseMaker, biasModels, clockwork);
      parts.push(rehearsed.biaser());
      Biaser biaser = own(biaser(registry, userLists, phraseMaker, biasModels, clockwork));
      biaser.awaitReady();
      users.onDelete(biaser::forgetUser);
      Interactions interactions =
          new Interactions(
              store.store().context(),
              options.store().retention().ttl(),
              clock,
              () -> ThreadLocalRandom.current().nextLong(),
              biaser.window());
      StatsCounter cacheStats = new CaffeineStatsCounter(registry, "summaries");
      Shortlister shortlister =
          own(
              new Shortlister(
                  catalog.served(),
                  next ->
                      new UserSummaries(
                          profiles, reads, next, options.summaryCacheBytes(), ticker, cacheStats),
                  new Shortlister.Clockwork(eventLoops.timers(), timerError, ticker, foreground),
                  new BatchMeters(registry).andWhenCaughtUp(eventLoops::readNow),
                  new Shortlister.Options(
                      options.workers(),
                      options.batchMax(),
                      options.queueMax(),
                      options.slo(),
                      options.maxRun(),
                      options.linger())));
      if (options.loopsShareCores()) {
        eventLoops.readLaterWhile(shortlister::isBehind);
      }
      EngineMeters.bind(registry, shortlister, reads, timerError, runtime);
      WindowMeters.bind(registry, biaser);
      reloader =
          own(
              new BundleReloader(
                  catalog,
                  shortlister,
                  directory ->
                      OnnxShortlistModel.load(
                          directory, runtime, options.batchMax(), options.search()),
                  clock,
                  bundlesRoot()));
      grpc =
          own(
              new GrpcEndpoint(
                  new GrpcEndpoint.Options(
                      new InetSocketAddress(options.host(), options.port()),
                      options.slo(),
                      options.enforceSlo(),
                      options.streamInflight(),
                      options.drain()),
                  new GrpcEndpoint.Domain(
                      shortlister,
                      biaser,
                      profiles,
                      users,
                      interactions,
                      rehearsed,
                      catalog,
                      upkeep,
                      reloader,
                      options.workers(),
                      ticker,
                      clock,
                      registry),
                  eventLoops));
      metricsPort = startMetrics(registry);
      listen();
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  /**
   * Starts a server, which serves when this returns.
   *
   * @throws StartupException with what stands in the way
   */
  public static EarshotServer start(ServerOptions options)
      throws StartupException, InterruptedException {
    return start(options, UnaryOperator.identity());
  }

  /**
   * Starts a server whose profile store is wrapped: how benchmarks and tests let it hang or fail.
   *
   * @param wrap gets the store that the options ask for; the server closes that one alone
   * @throws StartupException with what stands in the way
   */
  public static EarshotServer start(ServerOptions options, UnaryOperator<ProfileStore> wrap)
      throws StartupException, InterruptedException {
    return new EarshotServer(options, wrap);
  }

  private Biaser biaser(
      PrometheusMeterRegistry registry,
      UserLists lists,
      PhraseMaker maker,
      BiasModels models,
      Biaser.Clockwork clockwork)
      throws StartupException {
    int cacheBytes = Math.toIntExact(options.bias().cacheBytes());
    try {
      return new Biaser(
          store.store().context(),
          lists,
          maker,
          models,
          clockwork,
          new Biaser.Listeners(
              new BatchMeters(registry),
              new WindowMeters(registry),
              new CaffeineStatsCounter(registry, "turns")),
          new Biaser.Options(options.bias().workers(), options.queueMax(), cacheBytes));
    } catch (OutOfMemoryError e) {
      throw new StartupException(
          ExitCode.UNAVAILABLE,
          "--bias-cache: "
              + cacheBytes
              + " bytes outside the heap are not to be had (expected: fewer, or a larger"
              + " EARSHOT_DIRECT)",
          e);
    }
  }

  /** Conversations and turns on a store of nobody's, of the same layers, gone with its user. */
  private static GrpcEndpoint.Rehearsed rehearsed(
      Retention retention,
      UserLists lists,
      PhraseMaker maker,
      BiasModels models,
      Biaser.Clockwork clockwork) {
    Store store =
        new MeteredStore(
            EncryptedStore.open(
                new MemoryStore(clockwork.clock(), retention),
                Keyset.generate(),
                ForkJoinPool.commonPool(),
                new SecureRandom()),
            new SimpleMeterRegistry(),
            System::nanoTime);
    Biaser biaser =
        new Biaser(
            store.context(),
            lists,
            maker,
            models,
            clockwork,
            Biaser.Listeners.NONE,
            new Biaser.Options(1, 64, 1 << 20));
    return new GrpcEndpoint.Rehearsed(
        new Interactions(
            store.context(),
            retention.ttl(),
            clockwork.clock(),
            () -> ThreadLocalRandom.current().nextLong(),
            biaser.window()),
        biaser);
  }

  /** Where bundles may come from: what holds the one that was named at the start. */
  private Path bundlesRoot() {
    Path parent = options.bundle().toAbsolutePath().normalize().getParent();
    return parent == null ? options.bundle() : parent;
  }

  private OnnxRuntime startRuntime() throws StartupException {
    try {
      return OnnxRuntime.start(options.executionProvider());
    } catch (ExecutionProviderException e) {
      throw new StartupException(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
  }

  private OnnxShortlistModel load(OnnxRuntime runtime) throws StartupException {
    try {
      return OnnxShortlistModel.load(
          options.bundle(), runtime, options.batchMax(), options.search());
    } catch (BundleException e) {
      throw new StartupException(
          ExitCode.BAD_DATA, "bundle " + options.bundle() + ": " + e.getMessage(), e);
    }
  }

  private BiasModels biasModels(OnnxRuntime runtime) throws StartupException {
    Optional<Path> bundle = options.bias().bundle();
    if (bundle.isEmpty()) {
      return BiasModels.NONE;
    }
    try {
      return BiasModelFiles.load(bundle.get(), runtime);
    } catch (BundleException e) {
      throw new StartupException(
          ExitCode.BAD_DATA, "bias bundle " + bundle.get() + ": " + e.getMessage(), e);
    }
  }

  private int startMetrics(PrometheusMeterRegistry registry) throws StartupException {
    if (options.metricsPort() < 0) {
      return -1;
    }
    InetSocketAddress address = new InetSocketAddress(options.host(), options.metricsPort());
    try {
      return own(new MetricsEndpoint(address, registry, grpc::isServing)).port();
    } catch (IOException e) {
      throw cannotListen("metrics-port", options.metricsPort(), e);
    }
  }

  private void listen() throws StartupException {
    try {
      grpc.start();
      // Its thread is of no use any more.
      rehearsed.biaser().close();
      int unused = JvmThreads.yieldToRequests();
    } catch (IOException e) {
      throw cannotListen("port", options.port(), e);
    }
  }

  private StartupException cannotListen(String flag, int port, IOException e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    boolean taken =
        root instanceof BindException || String.valueOf(root.getMessage()).contains("in use");
    return new StartupException(
        ExitCode.CANNOT_LISTEN,
        "cannot listen on "
            + options.host()
            + ":"
            + port
            + ": "
            + (taken
                ? "the port is taken (choose another with --" + flag + ")"
                : root.getMessage()),
        e);
  }

  private <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }

  /** The port that calls come in on. */
  public int port() {
    return grpc.port();
  }

  /** The port of the metrics endpoint, or −1. */
  public int metricsPort() {
    return metricsPort;
  }

  /** Where things are kept, in words. */
  String storeDescription() {
    return store.description(options.store());
  }

  /** The model that answers. */
  public OnnxShortlistModel model() {
    return catalog.model();
  }

  /** Reads the bundle that serves again, and serves what is there now. */
  public CompletableFuture<BundleReloader.Reload> reload() {
    return reloader.reload(null);
  }

  /** Refuses new calls, answers the open ones, and stops. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("a part could not be closed", e);
      }
    }
  }
}
