package dev.earshot.store.rocksdb;

import dev.earshot.store.Table;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * How a {@link RocksDbStore} keeps its data. Immutable.
 *
 * @param directory its own; made if it is not there
 * @param memoryBytes for cached blocks and unflushed writes together, outside the heap
 * @param synced tables whose writes are on the device when they are acknowledged and survive the
 *     loss of power; those of the others are with the operating system and survive the kill of the
 *     process. Removals are always synced
 * @param minFreeBytes with less room than this on the file system, writes are refused and removals
 *     are not, so that there is room to make room
 * @param sweepInterval how often what has expired is removed
 * @param purgeInterval how often the files are rewritten without what was removed, if anything was
 */
public record RocksDbOptions(
    Path directory,
    long memoryBytes,
    Set<Table> synced,
    long minFreeBytes,
    Duration sweepInterval,
    Duration purgeInterval) {
  /** 64 MiB. */
  public static final long DEFAULT_MEMORY = 64L << 20;

  /** 8 MiB. */
  public static final long MIN_MEMORY = 8L << 20;

  public RocksDbOptions {
    synced = Set.copyOf(synced);
    if (memoryBytes < MIN_MEMORY) {
      throw new IllegalArgumentException(
          "store-memory: " + memoryBytes + " (expected: >= " + MIN_MEMORY + ")");
    }
  }

  /** The defaults: profiles, catalogue and settings synced. */
  public static RocksDbOptions in(Path directory) {
    return new RocksDbOptions(
        directory,
        DEFAULT_MEMORY,
        EnumSet.of(Table.PROFILES, Table.CATALOG, Table.SETTINGS),
        64L << 20,
        Duration.ofSeconds(10),
        Duration.ofMinutes(15));
  }
}
