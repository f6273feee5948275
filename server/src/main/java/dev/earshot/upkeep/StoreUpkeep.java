package dev.earshot.upkeep;

import dev.earshot.store.Store;
import dev.earshot.store.Store.TableSize;
import dev.earshot.store.StoreException;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.store.crypto.KeysetException;
import dev.earshot.store.crypto.KeysetFile;
import dev.earshot.store.rocksdb.RocksDbStore;
import dev.earshot.upkeep.UpkeepException.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Describes, backs up and re-encrypts the store while it serves, and changes its keyset. Runs on a
 * thread of its own; one backup and one re-encryption at a time. Stages fail with {@link
 * UpkeepException} or {@link StoreException}. Thread-safe; no method blocks.
 */
public final class StoreUpkeep implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StoreUpkeep.class);
  private static final DateTimeFormatter NAME_BY_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

  private final Store store;
  private final @Nullable Keys keys;
  private final @Nullable Backups backups;
  private final InstantSource clock;
  private final AtomicBoolean backingUp = new AtomicBoolean();
  private final AtomicBoolean reencrypting = new AtomicBoolean();
  private final ExecutorService thread =
      Executors.newCachedThreadPool(task -> {
        Thread made = new Thread(task, "earshot-upkeep");
        made.setDaemon(true);
        return made;
      });

  /** The encrypting layer, and where its keyset is kept. */
  public record Keys(EncryptedStore store, KeysetFile file) {}

  /** The embedded store, and where its backups go. */
  public record Backups(RocksDbStore store, Path directory) {}

  /**
   * The upkeep of a store.
   *
   * @param keys null: nothing is encrypted
   * @param backups null: the store has means of its own, or nothing to back up
   */
  public StoreUpkeep(
      Store store, @Nullable Keys keys, @Nullable Backups backups, InstantSource clock) {
    this.store = store;
    this.keys = keys;
    this.backups = backups;
    this.clock = clock;
  }

  /**
   * The store.
   *
   * @param kind such as {@code rocksdb}
   * @param keys those that this server has
   */
  public record Description(String kind, List<TableSize> tables, List<Keyset.Key> keys) {
    public Description {
      tables = List.copyOf(tables);
      keys = List.copyOf(keys);
    }
  }

  public CompletionStage<Description> describe() {
    return store
        .sizes()
        .thenApply(sizes ->
            new Description(
                store.kind(), sizes, keys == null ? List.of() : keys.store.keyset().keys()));
  }

  /**
   * A backup.
   *
   * @param snapshotTime what it holds was true then
   */
  public record Backup(String name, long bytes, Instant snapshotTime) {}

  /**
   * Writes a consistent copy into the directory of backups.
   *
   * @param name empty: the time
   */
  public CompletionStage<Backup> backUp(String name) {
    Backups place = backups;
    if (place == null) {
      return CompletableFuture.failedStage(
          new UpkeepException(
              Problem.UNSUPPORTED, "the store " + store.kind() + " is not backed up from here"));
    }
    return alone(backingUp, () -> backUp(place, name));
  }

  private Backup backUp(Backups place, String name) {
    Instant now = clock.instant();
    String named = name.isEmpty() ? NAME_BY_TIME.format(now) : name;
    Path target = place.directory.resolve(named);
    try {
      Files.createDirectories(place.directory);
      if (Files.exists(target)) {
        throw new UpkeepException(Problem.BACKUP_EXISTS, "there is a backup " + named);
      }
      place.store.backUp(target).toCompletableFuture().join();
      return new Backup(named, bytes(target), now);
    } catch (IOException e) {
      throw new StoreException("the backup could not be written: " + e.getMessage(), e);
    }
  }

  private static long bytes(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** Reads the keyset again from where it is kept. */
  public CompletionStage<List<Keyset.Key>> reloadKeyset() {
    Keys current = keys;
    if (current == null) {
      return unencrypted();
    }
    return async(() -> {
      try {
        current.store.use(current.file.read());
      } catch (KeysetException e) {
        throw new UpkeepException(Problem.KEY_NEEDED, String.valueOf(e.getMessage()));
      } catch (StoreException e) {
        if (e.kind() == StoreException.Kind.KEY_MISSING) {
          throw new UpkeepException(Problem.KEY_NEEDED, e.getMessage());
        }
        throw e;
      }
      return current.store.keyset().keys();
    });
  }

  /**
   * Encrypts all that is sealed under other keys anew under the primary one.
   *
   * @param listener is told how far it is, on the thread that does it
   */
  public CompletionStage<EncryptedStore.Progress> reencrypt(
      Consumer<EncryptedStore.Progress> listener) {
    Keys current = keys;
    if (current == null) {
      return unencrypted();
    }
    return alone(reencrypting, () -> current.store.reencrypt(listener));
  }

  private <T> CompletionStage<T> unencrypted() {
    return CompletableFuture.failedStage(
        new UpkeepException(
            Problem.UNSUPPORTED, "the store " + store.kind() + " is not encrypted"));
  }

  private <T> CompletionStage<T> alone(AtomicBoolean running, Supplier<T> work) {
    if (running.getAndSet(true)) {
      return CompletableFuture.failedStage(
          new UpkeepException(Problem.IN_PROGRESS, "another such run is going on"));
    }
    return async(work).whenComplete((result, failure) -> running.set(false));
  }

  private <T> CompletionStage<T> async(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, thread)
        .whenComplete((result, failure) -> {
          if (failure instanceof CompletionException wrapped
              && wrapped.getCause() instanceof StoreException fault) {
            log.warn("upkeep of the store failed: {}: {}", fault.kind(), fault.getMessage());
          }
        });
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      thread.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
