package dev.earshot.store.rocksdb;

import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.Table;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractEventListener;
import org.rocksdb.BackgroundErrorReason;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.Env;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Priority;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.RocksObject;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open database: its column families, the threads that work on it, the locks by which
 * read-modify-write is atomic, and its errors as ours.
 *
 * <p>Tuned for records of some hundred bytes that are mostly read by their whole key: filters,
 * hashed data blocks of 4 KiB, no compression, since nearly all that is stored is sealed. Block
 * cache and write buffers share one budget. A broken block fails the reads that need it and nothing
 * else.
 *
 * <p>Thread-safe.
 */
final class RocksDb implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RocksDb.class);

  /** More tasks than this waiting: the next is refused. */
  private static final int QUEUE = 16_384;

  private static final int READERS = 2;

  /** Synced writes that wait together are synced together. */
  private static final int WRITERS = 8;

  private static final int STRIPES = 256;
  private static final long DRAIN_SECONDS = 10;

  /** How often, and how far apart, a write that is held back is tried: for half a second. */
  private static final int STALL_TRIES = 50;

  private static final long STALL_NANOS = 10_000_000;

  /** The column families. */
  enum Family {
    SETTINGS("default"),
    PROFILES("profiles"),
    INTERACTIONS("interactions"),
    ITEMS("context_items"),
    BY_USER("interactions_by_user"),
    BY_DIALOGUE("interactions_by_dialogue"),
    EXPIRY("expiry"),
    CATALOG("catalog");

    private final String label;

    Family(String label) {
      this.label = label;
    }
  }

  /** Work on the database. */
  interface Task<T> {
    T run() throws RocksDBException;
  }

  /** Looks at an entry; false: no more are wanted. */
  interface Visitor {
    boolean visit(byte[] key, byte[] value);
  }

  private final RocksDbOptions options;
  private final LongSupplier freeBytes;
  private final List<RocksObject> natives = new ArrayList<>();
  private final Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);
  private final Lock[] stripes = new Lock[STRIPES];
  private final ThreadPoolExecutor readers;
  private final ThreadPoolExecutor writers;
  private final WriteOptions synced;
  private final WriteOptions unsynced;
  private final RocksDB db;
  private final Set<Family> gaps = ConcurrentHashMap.newKeySet();
  private volatile boolean full;
  private volatile boolean closed;

  /**
   * Opens the database, making it if there is none.
   *
   * @param freeBytes room on its file system
   * @throws StoreException IN_USE, FORMAT, or a fault
   */
  RocksDb(RocksDbOptions options, LongSupplier freeBytes) {
    this.options = options;
    this.freeBytes = freeBytes;
    requireOurs(options.directory());
    RocksDbLibrary.load();
    boolean opened = false;
    try {
      db = open();
      synced = own(new WriteOptions().setSync(true).setNoSlowdown(true));
      unsynced = own(new WriteOptions().setNoSlowdown(true));
      opened = true;
    } catch (RocksDBException e) {
      throw openingFailed(e);
    } finally {
      if (!opened) {
        closeNatives();
      }
    }
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new ReentrantLock();
    }
    readers = pool("earshot-store-read", READERS);
    writers = pool("earshot-store-write", WRITERS);
  }

  private static void requireOurs(Path directory) {
    try {
      makePrivate(directory);
      try (Stream<Path> files = Files.list(directory)) {
        if (!Files.exists(directory.resolve("CURRENT")) && files.findAny().isPresent()) {
          throw new StoreException(
              Kind.FORMAT,
              directory + " has files in it and is no store (expected: one, or empty)");
        }
      }
    } catch (IOException e) {
      throw new StoreException(
          Kind.UNAVAILABLE, directory + " cannot be made or read: " + e.getMessage(), e);
    }
  }

  /** Makes a directory, and those above it that are missing, for their owner alone. */
  private static void makePrivate(Path directory) throws IOException {
    if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(directory);
    }
  }

  private RocksDB open() throws RocksDBException {
    Cache cache = own(new LRUCache(options.memoryBytes()));
    BlockBasedTableConfig tables =
        new BlockBasedTableConfig()
            .setBlockCache(cache)
            .setBlockSize(4 << 10)
            .setCacheIndexAndFilterBlocks(true)
            .setPinL0FilterAndIndexBlocksInCache(true)
            .setFilterPolicy(own(new BloomFilter(10)))
            .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
            .setFormatVersion(5);
    ColumnFamilyOptions family =
        own(
            new ColumnFamilyOptions()
                .setTableFormatConfig(tables)
                .setWriteBufferSize(options.memoryBytes() / 8)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true));
    // The process's own, which is not closed. Requests go before flushes and compactions.
    Env environment =
        Env.getDefault()
            .lowerThreadPoolCPUPriority(Priority.HIGH)
            .lowerThreadPoolCPUPriority(Priority.LOW);
    DBOptions database =
        own(
            new DBOptions()
                .setEnv(environment)
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                // Half of the budget at most waits to be written; it is counted in the cache.
                .setWriteBufferManager(
                    own(new WriteBufferManager(options.memoryBytes() / 2, cache)))
                .setMaxTotalWalSize(options.memoryBytes())
                .setMaxOpenFiles(256)
                .setMaxBackgroundJobs(2)
                // A broken file fails the reads that need it, not the database.
                .setParanoidChecks(false)
                .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(1 << 20)
                .setStatsDumpPeriodSec(0)
                .setListeners(List.of(new Errors())));
    List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
    for (Family each : Family.values()) {
      descriptors.add(new ColumnFamilyDescriptor(Keys.of(each.label), family));
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    RocksDB opened = RocksDB.open(database, options.directory().toString(), descriptors, handles);
    for (Family each : Family.values()) {
      families.put(each, handles.get(families.size()));
    }
    return opened;
  }

  private StoreException openingFailed(RocksDBException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("/LOCK:")) {
      return new StoreException(
          Kind.IN_USE,
          options.directory()
              + " is in use by another process (stop it, or choose another --data-dir)",
          e);
    }
    StoreException failure = failure(e);
    return new StoreException(
        failure.kind(), options.directory() + " cannot be opened: " + message, e);
  }

  private static final class Errors extends AbstractEventListener {
    Errors() {
      super(EnabledEventCallback.ON_BACKGROUND_ERROR);
    }

    @Override
    public void onBackgroundError(BackgroundErrorReason reason, Status status) {
      log.error("the store's {} failed: {}", reason, status.getCodeString());
    }
  }

  private <T extends RocksObject> T own(T object) {
    natives.add(object);
    return object;
  }

  private static ThreadPoolExecutor pool(String name, int threads) {
    AtomicInteger count = new AtomicInteger();
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(QUEUE),
        task -> {
          Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  // --- Work ---

  /** Runs a read on a thread of the store. */
  <T> CompletionStage<T> read(Task<T> task) {
    return on(readers, task);
  }

  /** Runs a write on a thread of the store, if there is room. */
  <T> CompletionStage<T> write(Task<T> task) {
    if (full) {
      return CompletableFuture.failedStage(noRoom());
    }
    return on(writers, task);
  }

  /** Runs on a thread of the store what frees room. */
  <T> CompletionStage<T> remove(Task<T> task) {
    return on(writers, task);
  }

  private <T> CompletionStage<T> on(ThreadPoolExecutor threads, Task<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      threads.execute(() -> {
        if (result.isDone()) {
          // Cancelled while it waited.
          return;
        }
        try {
          result.complete(task.run());
        } catch (RocksDBException e) {
          result.completeExceptionally(failure(e));
        } catch (RuntimeException | Error e) {
          result.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          closed
              ? new StoreException(Kind.CLOSED, "the store was closed")
              : new StoreException(Kind.THROTTLED, QUEUE + " operations wait for the store"));
    }
    return result;
  }

  /** Runs a task alone among those of the same name. */
  <T> T locked(String name, Task<T> task) throws RocksDBException {
    Lock lock = stripes[(name.hashCode() & 0x7fffffff) % STRIPES];
    lock.lock();
    try {
      return task.run();
    } finally {
      lock.unlock();
    }
  }

  byte @Nullable [] get(Family family, byte[] key) throws RocksDBException {
    return db.get(handle(family), key);
  }

  /** Writes all of a batch or nothing; on the device if the table is one of the synced. */
  void commit(WriteBatch batch, Table table) throws RocksDBException {
    write(options.synced().contains(table) ? synced : unsynced, batch);
  }

  /** Writes all of a batch or nothing, on the device. */
  void commitSynced(WriteBatch batch) throws RocksDBException {
    write(synced, batch);
  }

  void commitUnsynced(WriteBatch batch) throws RocksDBException {
    write(unsynced, batch);
  }

  /**
   * Writes, waiting a while at most where the database holds writes back because its files cannot
   * keep up. Left to itself it would hold them for ever on a device without room.
   */
  private void write(WriteOptions how, WriteBatch batch) throws RocksDBException {
    for (int tries = 1; ; tries++) {
      try {
        db.write(how, batch);
        return;
      } catch (RocksDBException e) {
        boolean isHeldBack =
            e.getStatus() != null && e.getStatus().getCode() == Status.Code.Incomplete;
        if (!isHeldBack) {
          throw e;
        }
        if (tries == STALL_TRIES) {
          throw freeBytes.getAsLong() < options.minFreeBytes()
              ? noRoom()
              : new StoreException(Kind.THROTTLED, "the store's files do not keep up with writes");
        }
        LockSupport.parkNanos(STALL_NANOS);
      }
    }
  }

  ColumnFamilyHandle handle(Family family) {
    ColumnFamilyHandle handle = families.get(family);
    if (handle == null) {
      throw new IllegalStateException(family.label);
    }
    return handle;
  }

  /** Visits the entries whose keys begin with a prefix, in their order. */
  void visit(Family family, byte[] prefix, Visitor visitor) throws RocksDBException {
    visit(family, prefix, prefix, visitor);
  }

  /** Visits the entries from a key on, as long as their keys begin with a prefix. */
  void visit(Family family, byte[] from, byte[] prefix, Visitor visitor) throws RocksDBException {
    try (ReadOptions options = new ReadOptions();
        RocksIterator entries = db.newIterator(handle(family), options)) {
      for (entries.seek(from); entries.isValid(); entries.next()) {
        byte[] key = entries.key();
        if (!Keys.startsWith(key, prefix) || !visitor.visit(key, entries.value())) {
          return;
        }
      }
      entries.status();
    }
  }

  /** The last key that begins with a prefix of one byte. */
  byte @Nullable [] lastKey(Family family, byte[] prefix) throws RocksDBException {
    try (ReadOptions options = new ReadOptions();
        RocksIterator entries = db.newIterator(handle(family), options)) {
      entries.seekForPrev(new byte[] {(byte) (prefix[0] + 1)});
      entries.status();
      return entries.isValid() && Keys.startsWith(entries.key(), prefix) ? entries.key() : null;
    }
  }

  boolean isEmpty(Family family) throws RocksDBException {
    boolean[] empty = {true};
    visit(family, new byte[0], (key, value) -> empty[0] = false);
    return empty[0];
  }

  /** Estimated. */
  long rows(Family family) throws RocksDBException {
    return db.getLongProperty(handle(family), "rocksdb.estimate-num-keys");
  }

  /** On disk and waiting to be. */
  long bytes(Family family) throws RocksDBException {
    return db.getLongProperty(handle(family), "rocksdb.total-sst-files-size")
        + db.getLongProperty(handle(family), "rocksdb.cur-size-all-mem-tables");
  }

  // --- Upkeep ---

  /** Looks whether there is room for writes. */
  void checkRoom() {
    boolean isFull = freeBytes.getAsLong() < options.minFreeBytes();
    if (isFull != full) {
      full = isFull;
      if (isFull) {
        log.error("{} has too little room: writes are refused", options.directory());
      } else {
        log.info("{} has room again: writes are taken", options.directory());
      }
    }
  }

  private StoreException noRoom() {
    return new StoreException(
        Kind.NO_ROOM, "less than " + options.minFreeBytes() + " bytes of room in the store");
  }

  /** Writes what is in memory to files, after which the log before it is removed. */
  private void flush() throws RocksDBException {
    try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
      db.flush(wait, List.copyOf(families.values()));
    }
  }

  /** Notes that something was removed from families, whose files hold it until they are purged. */
  void noteRemovedFrom(Family... families) {
    gaps.addAll(List.of(families));
  }

  /** Rewrites the files of the families that something was removed from, and ends the log. */
  void purge() throws RocksDBException {
    // First: what is removed from now on is the next purge's.
    List<Family> due = List.copyOf(gaps);
    gaps.removeAll(due);
    if (due.isEmpty()) {
      return;
    }
    boolean purged = false;
    try {
      flush();
      for (Family family : due) {
        compact(family);
      }
      purged = true;
    } finally {
      if (!purged) {
        gaps.addAll(due);
      }
    }
  }

  /** Ends compactions, for closing. */
  synchronized void cancelBackgroundWork() {
    if (!closed) {
      db.cancelAllBackgroundWork(false);
    }
  }

  /** Rewrites a family's files without what was removed. */
  private void compact(Family family) throws RocksDBException {
    try (CompactRangeOptions rewrite =
        new CompactRangeOptions()
            .setExclusiveManualCompaction(false)
            .setBottommostLevelCompaction(BottommostLevelCompaction.kForceOptimized)) {
      db.compactRange(handle(family), null, null, rewrite);
    }
  }

  RocksDB database() {
    return db;
  }

  Path directory() {
    return options.directory();
  }

  static StoreException failure(RocksDBException e) {
    Status status = e.getStatus();
    if (status == null) {
      return new StoreException(Kind.UNAVAILABLE, "RocksDB: " + e.getMessage(), e);
    }
    Kind kind =
        switch (status.getCode()) {
          case Corruption -> Kind.UNREADABLE;
          case IOError -> isRoom(e) ? Kind.NO_ROOM : Kind.UNAVAILABLE;
          case ShutdownInProgress -> Kind.CLOSED;
          case TimedOut -> Kind.TIMEOUT;
          case Busy, TryAgain -> Kind.THROTTLED;
          default -> Kind.UNAVAILABLE;
        };
    return new StoreException(kind, "RocksDB: " + e.getMessage(), e);
  }

  private static boolean isRoom(RocksDBException e) {
    return e.getStatus().getSubCode() == Status.SubCode.NoSpace
        || String.valueOf(e.getMessage()).contains("No space left");
  }

  /** Ends what was begun, refuses what comes, and lets go of the directory. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    readers.shutdown();
    writers.shutdown();
    try {
      boolean drained =
          writers.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)
              && readers.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS);
      if (!drained) {
        // What still runs would crash the process on a closed database.
        log.error("the store still works after {} s and is left open", DRAIN_SECONDS);
        return;
      }
      db.flushWal(true);
      families.values().forEach(ColumnFamilyHandle::close);
      db.closeE();
    } catch (RocksDBException e) {
      log.error("the store was not closed as it should: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closeNatives();
  }

  private void closeNatives() {
    for (int i = natives.size() - 1; i >= 0; i--) {
      natives.get(i).close();
    }
  }
}
