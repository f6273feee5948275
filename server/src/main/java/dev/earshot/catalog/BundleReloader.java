package dev.earshot.catalog;

import dev.earshot.core.Precedence;
import dev.earshot.model.BundleException;
import dev.earshot.model.OnnxShortlistModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a new bundle while serving: loads, checks and warms it beside the old one, swaps, and
 * closes the old one after its last run. A bundle that fails its checks changes nothing.
 *
 * <p>Thread-safe. The work is done by threads of its own, one bundle at a time.
 */
public final class BundleReloader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BundleReloader.class);
  private static final long CLOSING_SECONDS = 70;

  private final Catalog catalog;
  private final ModelServer server;
  private final Loader loader;
  private final InstantSource clock;
  private final Path root;
  private final AtomicBoolean reloading = new AtomicBoolean();
  private final ExecutorService thread = thread("earshot-reload", work -> work.run());

  /**
   * Loads, checks and warms, which takes a core for seconds: after everything else. What it is is
   * inherited by the threads that it starts, so that the engine is not started by it.
   */
  private final ExecutorService loading =
      thread(
          "earshot-load",
          work -> {
            Precedence.SPARE_TIME.enter();
            work.run();
          });

  /** Loads, checks and warms the bundle of a directory. */
  @FunctionalInterface
  public interface Loader {
    OnnxShortlistModel load(Path directory) throws BundleException;
  }

  /**
   * How a reload went.
   *
   * @param duration of reading, checking and warming
   */
  public record Reload(BundleDescription previous, BundleDescription now, Duration duration) {
    /** Whether the new bundle is another one. */
    public boolean changed() {
      return !previous.manifestSha256().equals(now.manifestSha256());
    }
  }

  /** Why a reload was not begun. */
  public static final class NotBegun extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** What is in the way. */
    public enum Reason {
      /** Another reload goes on. */
      IN_PROGRESS,
      /** The directory lies outside of where bundles may come from. */
      NOT_ALLOWED
    }

    NotBegun(Reason reason, String message) {
      super(message, null, false, false);
      this.reason = reason;
    }

    public Reason reason() {
      return reason;
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  /**
   * Begins with the catalogue's bundle.
   *
   * @param root the directory below which bundles may lie
   */
  public BundleReloader(
      Catalog catalog, ModelServer server, Loader loader, InstantSource clock, Path root) {
    this.catalog = catalog;
    this.server = server;
    this.loader = loader;
    this.clock = clock;
    this.root = root;
  }

  /**
   * Loads a bundle and serves it.
   *
   * @param path of its directory, absolute or below the root; null: of the one that serves
   * @return fails with {@link NotBegun} or {@link BundleException}, and then nothing has changed
   */
  public CompletableFuture<Reload> reload(@Nullable String path) {
    Path directory = path == null ? catalog.model().bundle().directory() : root.resolve(path);
    if (!isBelowRoot(directory)) {
      return CompletableFuture.failedFuture(
          new NotBegun(
              NotBegun.Reason.NOT_ALLOWED,
              "path: outside of the directory of the bundle that the server was started with"));
    }
    if (!reloading.compareAndSet(false, true)) {
      return CompletableFuture.failedFuture(
          new NotBegun(NotBegun.Reason.IN_PROGRESS, "another bundle is being loaded"));
    }
    long start = System.nanoTime();
    return CompletableFuture.supplyAsync(() -> load(directory), loading)
        .thenApplyAsync(next -> swap(next, start), thread)
        .whenComplete((reload, failure) -> reloading.set(false));
  }

  private boolean isBelowRoot(Path directory) {
    Path allowed = real(root);
    return real(directory).startsWith(allowed);
  }

  /** Without links where it exists, so that none leads out. */
  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path.toAbsolutePath().normalize();
    }
  }

  private static ExecutorService thread(String name, Consumer<Runnable> run) {
    return Executors.newSingleThreadExecutor(work -> {
      Thread thread = new Thread(() -> run.accept(work), name);
      thread.setDaemon(true);
      return thread;
    });
  }

  private Reload swap(OnnxShortlistModel next, long start) {
    boolean serves = false;
    try {
      ServedModel served = new ServedModel(next, catalog.served().catalogVersion());
      ModelServer.Standby standby = server.prepare(served);
      Duration duration = Duration.ofNanos(System.nanoTime() - start);
      BundleDescription previous = catalog.description();
      OnnxShortlistModel old = catalog.model();
      standby.takeOver().thenRunAsync(() -> close(old), thread);
      serves = true;
      catalog.serve(next, clock.instant());
      log.info(
          "serving bundle {} after {}, loaded in {} ms",
          next.version(),
          previous.manifest().bundleVersion(),
          duration.toMillis());
      return new Reload(previous, catalog.description(), duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    } finally {
      if (!serves) {
        next.close();
      }
    }
  }

  private OnnxShortlistModel load(Path directory) {
    try {
      return loader.load(directory);
    } catch (BundleException e) {
      log.warn("a bundle is refused, the old one serves on: {}", e.getMessage());
      throw new CompletionException(e);
    }
  }

  private static void close(OnnxShortlistModel old) {
    old.close();
    log.info("bundle {} is closed", old.version());
  }

  /** Waits for what was begun, also until the bundles that do not serve any more are closed. */
  @Override
  public void close() {
    try {
      // In this order: what was loaded is still taken over, and closed.
      loading.shutdown();
      boolean loaded = loading.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS);
      thread.shutdown();
      if (!loaded || !thread.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS)) {
        log.warn("a bundle is still in use");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
