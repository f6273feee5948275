package dev.earshot.store.dynamodb;

import dev.earshot.store.CatalogLog;
import dev.earshot.store.ContextStore;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Retention;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.Settings;
import dev.earshot.store.Store;
import dev.earshot.store.StoreException;
import dev.earshot.store.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;

/**
 * Keeps everything in DynamoDB, for any number of instances at once. Thread-safe.
 *
 * <p><b>Acknowledgements.</b> A write is acknowledged when DynamoDB has stored it, durably and in
 * several places of the region, and every later read is a consistent one.
 *
 * <p><b>Time.</b> Instances compare the times of one another: their clocks may differ by much less
 * than a context lives. What has expired is filtered by every read and refused by every write; it
 * is gone from the tables when DynamoDB's own time to live has removed it, which takes up to some
 * days. {@link #removeExpired} does nothing.
 *
 * <p><b>Load and faults.</b> A request that DynamoDB refuses for load, fails or leaves unanswered
 * is tried again within the operation's time, with growing, spread pauses, and not at all while
 * most requests fail; nothing is tried after the caller has cancelled. Then the operation fails
 * with {@code THROTTLED}, {@code UNAVAILABLE} or {@code TIMEOUT}. A removal whose answer was lost
 * may say that there was nothing to remove.
 *
 * <p><b>Sizes.</b> A profile, an item and an interaction's entry have 400 KB each; larger ones fail
 * with {@code TOO_LARGE}, an append with {@code INTERACTION_FULL}. The catalogue's contents are
 * stored in chunks.
 */
public final class DynamoDbStore implements Store {
  private static final Duration SIZES_INTERVAL = Duration.ofMinutes(10);

  private final Connection connection;
  private final TableNames tables;
  private final InstantSource clock;
  private final DynamoDbProfiles profiles;
  private final DynamoDbContext context;
  private final DynamoDbCatalog catalog;
  private final DynamoDbSettings settings;
  private final DynamoDbRecords records;
  private volatile @Nullable Sizes lastSizes;

  private record Sizes(Instant asked, List<TableSize> sizes) {}

  private DynamoDbStore(
      Connection connection, TableNames tables, InstantSource clock, Retention retention) {
    this.connection = connection;
    this.tables = tables;
    this.clock = clock;
    profiles = new DynamoDbProfiles(connection, tables);
    context = new DynamoDbContext(connection, tables, clock, retention);
    catalog = new DynamoDbCatalog(connection, tables);
    settings = new DynamoDbSettings(connection, tables);
    records = new DynamoDbRecords(connection, tables, clock, profiles, catalog);
  }

  /**
   * Opens the store. Blocks until the tables were looked at.
   *
   * @param random thread-safe; spreads retries
   * @throws StoreException FORMAT where a table is missing or another's, else with what stands in
   *     the way
   */
  public static DynamoDbStore open(
      DynamoDbOptions options, InstantSource clock, Retention retention, RandomGenerator random) {
    TableNames tables = new TableNames(options.tablePrefix());
    // The first requests of a process take longer than any later one.
    try (Connection unhurried = new Connection(options.unhurried(), random)) {
      new TableSetup(unhurried, tables).requireAll();
    }
    return unchecked(options, clock, retention, random);
  }

  /** The store, whether its tables are there or not. */
  static DynamoDbStore unchecked(
      DynamoDbOptions options, InstantSource clock, Retention retention, RandomGenerator random) {
    return new DynamoDbStore(
        new Connection(options, random), new TableNames(options.tablePrefix()), clock, retention);
  }

  @Override
  public String kind() {
    return "dynamodb";
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
    return connection.longOperation(operation ->
        context
            .deleteAllOf(operation, userId)
            .thenCompose(interactions ->
                profiles
                    .delete(operation, userId)
                    .thenApply(profile -> new DeletedUser(profile, interactions))));
  }

  @Override
  public CompletionStage<Long> removeExpired() {
    return CompletableFuture.completedFuture(0L);
  }

  @Override
  public CompletionStage<Boolean> isEmpty() {
    long now = clock.instant().toEpochMilli();
    return connection.longOperation(operation -> {
      List<CompletableFuture<Boolean>> parts =
          List.of(
              isEmpty(operation, ScanRequest.builder().tableName(tables.profiles()).build()),
              isEmpty(operation, unexpired(tables.interactions(), "forget_time", now)),
              isEmpty(operation, unexpired(tables.items(), "expire_time", now)),
              catalog.version().toCompletableFuture().thenApply(version -> version == 0));
      return Batches.all(parts).thenApply(done -> parts.stream().allMatch(CompletableFuture::join));
    });
  }

  private static ScanRequest unexpired(String table, String attribute, long now) {
    return ScanRequest.builder()
        .tableName(table)
        .filterExpression(attribute + " > :now")
        .expressionAttributeValues(Map.of(":now", Attributes.number(now)))
        .build();
  }

  private static CompletableFuture<Boolean> isEmpty(Operation operation, ScanRequest scan) {
    return operation
        .call(client -> client.scan(scan.toBuilder().consistentRead(true).build()))
        .thenCompose(page -> {
          if (!page.items().isEmpty() || page.lastEvaluatedKey().isEmpty()) {
            return CompletableFuture.completedFuture(page.items().isEmpty());
          }
          return isEmpty(
              operation, scan.toBuilder().exclusiveStartKey(page.lastEvaluatedKey()).build());
        });
  }

  /**
   * {@inheritDoc}
   *
   * <p>DynamoDB counts every six hours or so; it is asked now and then.
   */
  @Override
  public CompletionStage<List<TableSize>> sizes() {
    Sizes known = lastSizes;
    Instant now = clock.instant();
    if (known != null && now.isBefore(known.asked.plus(SIZES_INTERVAL))) {
      return CompletableFuture.completedFuture(known.sizes);
    }
    return describeSizes()
        .thenApply(sizes -> {
          lastSizes = new Sizes(now, sizes);
          return sizes;
        });
  }

  private CompletionStage<List<TableSize>> describeSizes() {
    return connection.operation(operation -> {
      List<CompletableFuture<TableSize>> parts =
          List.of(
              size(operation, Table.PROFILES, tables.profiles()),
              size(operation, Table.INTERACTIONS, tables.interactions()),
              size(operation, Table.CONTEXT_ITEMS, tables.items()),
              size(operation, Table.CATALOG, tables.catalog()));
      return Batches.all(parts)
          .thenApply(done -> parts.stream().map(CompletableFuture::join).toList());
    });
  }

  private static CompletableFuture<TableSize> size(Operation operation, Table table, String name) {
    return operation
        .call(client -> client.describeTable(request -> request.tableName(name)))
        .thenApply(response ->
            new TableSize(
                table,
                response.table().itemCount() == null ? -1 : response.table().itemCount(),
                response.table().tableSizeBytes() == null
                    ? -1
                    : response.table().tableSizeBytes()));
  }

  @Override
  public void close() {
    connection.close();
  }
}
