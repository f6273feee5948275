package dev.earshot.store.rocksdb;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.ContextStore;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Retention;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.Settings;
import dev.earshot.store.Store;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.Table;
import dev.earshot.store.rocksdb.RocksDb.Family;
import java.io.File;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.rocksdb.Checkpoint;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps everything in RocksDB, in a directory that one process at a time may own.
 *
 * <p><b>Acknowledgements.</b> Every acknowledged write survives the kill of the process. Writes to
 * the tables that {@link RocksDbOptions#synced} names, and all removals, are on the device before
 * they are acknowledged and survive the loss of power; those that wait together are synced
 * together.
 *
 * <p><b>Removal.</b> What has expired is removed every {@link RocksDbOptions#sweepInterval}, by an
 * index that says what is due, after a crash too. Removed bytes are gone from log and files after
 * the next purge, every {@link RocksDbOptions#purgeInterval} in which something was removed;
 * backups keep them.
 *
 * <p><b>Faults.</b> A broken block fails the reads that need it, with UNREADABLE, and no others.
 * Where the device is nearly full, writes fail with NO_ROOM until there is room; reads and removals
 * go on.
 *
 * <p>Stages complete on threads of the store. Thread-safe.
 */
public final class RocksDbStore implements Store {
  private static final Logger log = LoggerFactory.getLogger(RocksDbStore.class);

  private static final String FORMAT_SETTING = "format";
  private static final Bytes FORMAT = Bytes.wrap(new byte[] {'1'});

  /** Most rows of the expiry index that are looked at in one go. */
  private static final int SWEEP_ROWS = 1_000;

  /** So long may a write take from reading the clock to being seen by a sweep. */
  private static final long SWEEP_OVERLAP_MILLIS = 60_000;

  private final RocksDb db;
  private final InstantSource clock;
  private final RocksDbProfiles profiles;
  private final RocksDbContext context;
  private final RocksDbCatalog catalog;
  private final RocksDbSettings settings;
  private final RocksDbRecords records;
  private final LongAdder expired = new LongAdder();
  private volatile long sweptTo;
  private final ScheduledExecutorService upkeep =
      Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "earshot-store-upkeep");
        thread.setDaemon(true);
        return thread;
      });

  private RocksDbStore(RocksDb db, InstantSource clock, Retention retention) {
    this.db = db;
    this.clock = clock;
    this.profiles = new RocksDbProfiles(db);
    this.context = new RocksDbContext(db, clock, retention);
    this.catalog = new RocksDbCatalog(db);
    this.settings = new RocksDbSettings(db);
    this.records = new RocksDbRecords(db, profiles, context, catalog);
  }

  /**
   * Opens a store, making it if there is none; blocks.
   *
   * @throws StoreException IN_USE: another process has it; FORMAT: what is there is no store, or of
   *     another version; or a fault
   */
  public static RocksDbStore open(
      RocksDbOptions options, InstantSource clock, Retention retention) {
    File directory = options.directory().toFile();
    return open(options, clock, retention, directory::getUsableSpace);
  }

  /** Opens a store whose device has so many bytes of room. */
  static RocksDbStore open(
      RocksDbOptions options, InstantSource clock, Retention retention, LongSupplier freeBytes) {
    RocksDb db = new RocksDb(options, freeBytes);
    RocksDbStore store = new RocksDbStore(db, clock, retention);
    boolean opened = false;
    try {
      store.requireFormat();
      opened = true;
    } finally {
      if (!opened) {
        store.close();
      }
    }
    store.startUpkeep(options);
    return store;
  }

  private void requireFormat() {
    Optional<Bytes> format = settings.get(FORMAT_SETTING).toCompletableFuture().join();
    if (format.isEmpty()) {
      settings.replace(FORMAT_SETTING, Optional.empty(), FORMAT).toCompletableFuture().join();
    } else if (!format.get().equals(FORMAT)) {
      throw new StoreException(
          Kind.FORMAT, db.directory() + " was written by another version of Earshot");
    }
  }

  private void startUpkeep(RocksDbOptions options) {
    db.checkRoom();
    long sweep = options.sweepInterval().toMillis();
    upkeep.scheduleWithFixedDelay(
        () -> logged("removing what has expired", this::sweep),
        sweep,
        sweep,
        TimeUnit.MILLISECONDS);
    long purge = options.purgeInterval().toMillis();
    upkeep.scheduleWithFixedDelay(
        () -> logged("purging what was removed", this::purge), purge, purge, TimeUnit.MILLISECONDS);
    upkeep.scheduleWithFixedDelay(
        () -> logged("looking for room", this::checkRoom), 1, 1, TimeUnit.SECONDS);
  }

  private static void logged(String what, RocksDb.Task<?> task) {
    try {
      task.run();
    } catch (RocksDBException | RuntimeException e) {
      log.error("{} failed, and is tried again: {}", what, e.getMessage());
    }
  }

  boolean checkRoom() {
    db.checkRoom();
    return true;
  }

  @Override
  public String kind() {
    return "rocksdb";
  }

  @Override
  public ProfileTable profiles() {
    return profiles;
  }

  @Override
  public ContextStore context() {
    return context;
  }

  @Override
  public CatalogLog catalog() {
    return catalog;
  }

  @Override
  public Settings settings() {
    return settings;
  }

  @Override
  public SealedRecords sealedRecords() {
    return records;
  }

  @Override
  public CompletionStage<DeletedUser> deleteUser(String userId) {
    return db.remove(() -> {
      long live = context.deleteOf(userId);
      boolean profile = profiles.remove(userId);
      return new DeletedUser(profile, live);
    });
  }

  @Override
  public CompletionStage<Long> removeExpired() {
    return db.remove(this::sweep);
  }

  private synchronized long sweep() throws RocksDBException {
    long total = 0;
    Set<String> dueNow = new LinkedHashSet<>();
    List<byte[]> rows = new ArrayList<>();
    do {
      long now = clock.millis();
      // What lies before was removed, and is skipped: its traces are many until they are purged. A
      // clock that is set back brings rows before the last sweep's time.
      byte[] from = Keys.due(Math.max(0, Math.min(sweptTo, now) - SWEEP_OVERLAP_MILLIS), "");
      dueNow.clear();
      rows.clear();
      db.visit(
          Family.EXPIRY,
          from,
          new byte[0],
          (key, value) -> {
            if (Keys.dueMillis(key) > now) {
              return false;
            }
            dueNow.add(Keys.dueInteraction(key));
            rows.add(key);
            return rows.size() < SWEEP_ROWS;
          });
      for (String interactionId : dueNow) {
        total += context.removeExpiredOf(interactionId);
      }
      // After what they stand for: a crash in between repeats the work and loses none.
      try (WriteBatch batch = new WriteBatch()) {
        for (byte[] key : rows) {
          batch.delete(db.handle(Family.EXPIRY), key);
        }
        db.commitUnsynced(batch);
      }
      if (rows.size() < SWEEP_ROWS) {
        sweptTo = now;
      }
    } while (rows.size() == SWEEP_ROWS);
    expired.add(total);
    return total;
  }

  /** How many interactions and items were removed since the start because their time was over. */
  public long expired() {
    return expired.sum();
  }

  /** Rewrites the files that something was removed from since the last time. */
  boolean purge() throws RocksDBException {
    db.purge();
    return true;
  }

  /** Rewrites the files and ends the log, so that nothing is left in them of what was removed. */
  public CompletionStage<Boolean> purgeNow() {
    return db.remove(() -> {
      db.noteRemovedFrom(Family.values());
      return purge();
    });
  }

  /**
   * Writes a copy of the store as it is at one moment, which is itself a directory for a store.
   * Files are shared with it by links where the file system can, so that little is copied.
   *
   * @param directory must not exist; its parent must
   */
  public CompletionStage<Boolean> backUp(Path directory) {
    return db.remove(() -> {
      try (Checkpoint checkpoint = Checkpoint.create(db.database())) {
        checkpoint.createCheckpoint(directory.toString());
      }
      return true;
    });
  }

  @Override
  public CompletionStage<Boolean> isEmpty() {
    return db.read(() ->
        db.isEmpty(Family.PROFILES)
            && db.isEmpty(Family.INTERACTIONS)
            && db.isEmpty(Family.ITEMS)
            && db.isEmpty(Family.CATALOG));
  }

  @Override
  public CompletionStage<List<TableSize>> sizes() {
    return db.read(() ->
        List.of(
            size(Table.PROFILES, Family.PROFILES),
            size(Table.INTERACTIONS, Family.INTERACTIONS),
            size(Table.CONTEXT_ITEMS, Family.ITEMS),
            size(Table.CATALOG, Family.CATALOG),
            size(Table.SETTINGS, Family.SETTINGS)));
  }

  private TableSize size(Table table, Family family) throws RocksDBException {
    return new TableSize(table, db.rows(family), db.bytes(family));
  }

  @Override
  public void close() {
    upkeep.shutdown();
    db.cancelBackgroundWork();
    try {
      if (!upkeep.awaitTermination(10, TimeUnit.SECONDS)) {
        log.error("the store is still being swept or purged, and is left open");
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    db.close();
  }
}
