package dev.earshot.app;

import dev.earshot.store.MemoryStore;
import dev.earshot.store.MeteredStore;
import dev.earshot.store.Store;
import dev.earshot.store.Store.TableSize;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.store.crypto.KeysetException;
import dev.earshot.store.crypto.KeysetFile;
import dev.earshot.store.dynamodb.DynamoDbStore;
import dev.earshot.store.rocksdb.RocksDbOptions;
import dev.earshot.store.rocksdb.RocksDbStore;
import dev.earshot.upkeep.StoreUpkeep;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store that a server was told to use, with what stands before it: keys and meters.
 *
 * @param store as the domain uses it
 * @param rocksDb the embedded store behind it; null: it is another
 * @param encrypted the encrypting layer; null: nothing is kept that could be read
 */
record OpenStore(Store store, @Nullable RocksDbStore rocksDb, @Nullable EncryptedStore encrypted)
    implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OpenStore.class);

  private static final Duration SIZES_WAIT = Duration.ofSeconds(1);

  /**
   * Opens it.
   *
   * @throws StartupException with what stands in the way
   */
  static OpenStore open(StoreOptions options, InstantSource clock, MeterRegistry registry)
      throws StartupException {
    OpenStore opened =
        switch (options.kind()) {
          case MEMORY -> {
            Store memory = new MemoryStore(clock, options.retention());
            yield new OpenStore(new MeteredStore(memory, registry, System::nanoTime), null, null);
          }
          case ROCKSDB -> openRocksDb(options, clock, registry);
          case DYNAMODB -> openDynamoDb(options, clock, registry);
        };
    opened.bindTo(registry);
    return opened;
  }

  private static OpenStore openRocksDb(
      StoreOptions options, InstantSource clock, MeterRegistry registry) throws StartupException {
    RocksDbStore store = null;
    boolean opened = false;
    try {
      RocksDbOptions defaults = RocksDbOptions.in(options.directory());
      store =
          RocksDbStore.open(
              new RocksDbOptions(
                  options.directory(),
                  options.memoryBytes(),
                  options.synced(),
                  defaults.minFreeBytes(),
                  defaults.sweepInterval(),
                  defaults.purgeInterval()),
              clock,
              options.retention());
      EncryptedStore encrypted =
          EncryptedStore.open(
              store, keyset(options, store), ForkJoinPool.commonPool(), new SecureRandom());
      opened = true;
      return new OpenStore(
          new MeteredStore(encrypted, registry, System::nanoTime), store, encrypted);
    } catch (StoreException e) {
      throw new StartupException(exitCode(e), "store: " + e.getMessage(), e);
    } catch (KeysetException e) {
      throw new StartupException(ExitCode.BAD_DATA, String.valueOf(e.getMessage()), e);
    } finally {
      if (!opened && store != null) {
        store.close();
      }
    }
  }

  private static OpenStore openDynamoDb(
      StoreOptions options, InstantSource clock, MeterRegistry registry) throws StartupException {
    DynamoDbStore store = null;
    boolean opened = false;
    try {
      store =
          DynamoDbStore.open(options.dynamoDb(), clock, options.retention(), new SecureRandom());
      EncryptedStore encrypted =
          EncryptedStore.open(
              store, sharedKeyset(options), ForkJoinPool.commonPool(), new SecureRandom());
      opened = true;
      return new OpenStore(
          new MeteredStore(encrypted, registry, System::nanoTime), null, encrypted);
    } catch (StoreException e) {
      throw new StartupException(remoteExitCode(e), "store: " + e.getMessage(), e);
    } catch (KeysetException e) {
      throw new StartupException(ExitCode.BAD_DATA, String.valueOf(e.getMessage()), e);
    } finally {
      if (!opened && store != null) {
        store.close();
      }
    }
  }

  /** The keyset that is the same for all servers, so that none of them may make one. */
  private static Keyset sharedKeyset(StoreOptions options) throws KeysetException {
    KeysetFile file = new KeysetFile(options.keysetPath(), options.keysetKms());
    if (!file.exists()) {
      throw new StoreException(
          Kind.KEY_MISSING,
          "the keyset that all servers share is not at "
              + file.path()
              + " (bring it there, or name it with --keyset; 'store create' makes the first)");
    }
    return file.read();
  }

  /** What a command exits with that needs a remote store. */
  static int remoteExitCode(StoreException e) {
    return switch (e.kind()) {
      case KEY_MISSING, FORMAT, UNREADABLE -> ExitCode.BAD_DATA;
      default -> ExitCode.UNAVAILABLE;
    };
  }

  /** The keyset of a store; a new one if the store is new too. */
  private static Keyset keyset(StoreOptions options, Store store) throws KeysetException {
    KeysetFile file = new KeysetFile(options.keysetPath(), options.keysetKms());
    boolean isNew = !EncryptedStore.isBound(store) && store.isEmpty().toCompletableFuture().join();
    if (!isNew && !file.exists()) {
      throw new StoreException(
          Kind.KEY_MISSING,
          options.directory()
              + " is encrypted under a keyset that is not at "
              + file.path()
              + " (bring it back, or name it with --keyset)");
    }
    if (isNew && !file.exists()) {
      file.create(Keyset.generate());
      log.info(
          "made the keyset {}: without it the store cannot be read, so keep a copy", file.path());
    }
    return file.read();
  }

  private static int exitCode(StoreException e) {
    return switch (e.kind()) {
      case KEY_MISSING, FORMAT, UNREADABLE -> ExitCode.BAD_DATA;
      case IN_USE -> ExitCode.IN_USE;
      default -> ExitCode.IO_ERROR;
    };
  }

  private void bindTo(MeterRegistry registry) {
    for (TableSize size : sizes()) {
      gauge(registry, "earshot.store.rows", size, TableSize::rows);
      gauge(registry, "earshot.store.bytes", size, TableSize::bytes);
    }
    if (rocksDb != null) {
      FunctionCounter.builder("earshot.store.expired", rocksDb, RocksDbStore::expired)
          .description("Interactions and items that were removed because their time was over")
          .register(registry);
    }
    if (encrypted != null) {
      Gauge.builder("earshot.store.reencryption", encrypted, EncryptedStore::reencryptedShare)
          .description("How far the running or last re-encryption is, 0 to 1")
          .register(registry);
    }
  }

  private void gauge(
      MeterRegistry registry, String name, TableSize table, ToDoubleFunction<TableSize> value) {
    if (value.applyAsDouble(table) >= 0) {
      Gauge.builder(
              name,
              () ->
                  sizes().stream()
                      .filter(size -> size.table() == table.table())
                      .mapToDouble(value)
                      .findFirst()
                      .orElse(Double.NaN))
          .tag("table", table.table().label())
          .description("Size of a table of the store, estimated")
          .register(registry);
    }
  }

  /** Asked for by the thread that serves metrics, which may wait. */
  private List<TableSize> sizes() {
    try {
      return store
          .sizes()
          .toCompletableFuture()
          .orTimeout(SIZES_WAIT.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      return List.of();
    }
  }

  /** What operators may do with it. */
  StoreUpkeep upkeep(StoreOptions options, InstantSource clock) {
    KeysetFile keyset = new KeysetFile(options.keysetPath(), options.keysetKms());
    return new StoreUpkeep(
        store,
        encrypted == null ? null : new StoreUpkeep.Keys(encrypted, keyset),
        rocksDb == null ? null : new StoreUpkeep.Backups(rocksDb, options.backups()),
        clock);
  }

  /** What a person is told of it. */
  String description(StoreOptions options) {
    if (encrypted == null) {
      return "in memory: profiles are gone when the server stops";
    }
    if (options.kind() == StoreOptions.Kind.DYNAMODB) {
      return "DynamoDB, tables "
          + options.dynamoDb().tablePrefix()
          + "-*"
          + options.dynamoDb().endpoint().map(endpoint -> " at " + endpoint).orElse("")
          + ", encrypted ("
          + options.keysetPath()
          + ")";
    }
    return options.directory() + ", encrypted (" + options.keysetPath() + ")";
  }

  @Override
  public void close() {
    store.close();
  }
}
