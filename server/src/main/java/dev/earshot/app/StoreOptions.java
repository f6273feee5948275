package dev.earshot.app;

import dev.earshot.store.Retention;
import dev.earshot.store.Table;
import dev.earshot.store.dynamodb.DynamoDbOptions;
import dev.earshot.store.rocksdb.RocksDbOptions;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a server keeps what outlives a request. What each option means for users is said where it
 * is a flag, in {@link StoreFlags}.
 *
 * @param dataDir what the server keeps on this machine: {@code store/}, {@code backups/}, {@code
 *     keyset.json}
 * @param keyset the file of the keyset; null: the one in {@code dataDir}
 * @param keysetKms URI of the key that wraps it; null: none does
 * @param memoryBytes of the embedded store, outside the heap
 * @param synced tables whose writes are on the device when they are acknowledged
 * @param dynamoDb where the tables are, of a store in DynamoDB
 */
public record StoreOptions(
    Kind kind,
    Path dataDir,
    @Nullable Path keyset,
    @Nullable String keysetKms,
    Retention retention,
    long memoryBytes,
    Set<Table> synced,
    DynamoDbOptions dynamoDb) {

  /** The stores. */
  public enum Kind {
    MEMORY,
    ROCKSDB,
    DYNAMODB
  }

  public StoreOptions {
    synced = Set.copyOf(synced);
  }

  /** In memory, as long as the process lives. For tests and embedding. */
  public static StoreOptions memory() {
    return new StoreOptions(
        Kind.MEMORY,
        Path.of("."),
        null,
        null,
        Retention.DEFAULT,
        RocksDbOptions.DEFAULT_MEMORY,
        EnumSet.noneOf(Table.class),
        DynamoDbOptions.DEFAULT);
  }

  /** In a directory, with the defaults. */
  public static StoreOptions in(Path dataDir) {
    return new StoreOptions(
        Kind.ROCKSDB,
        dataDir,
        null,
        null,
        Retention.DEFAULT,
        RocksDbOptions.DEFAULT_MEMORY,
        RocksDbOptions.in(dataDir).synced(),
        DynamoDbOptions.DEFAULT);
  }

  /** Where the embedded store is. */
  Path directory() {
    return dataDir.resolve("store");
  }

  /** Where backups go. */
  Path backups() {
    return dataDir.resolve("backups");
  }

  /** Where the keyset is. */
  Path keysetPath() {
    return keyset == null ? dataDir.resolve("keyset.json") : keyset;
  }
}
