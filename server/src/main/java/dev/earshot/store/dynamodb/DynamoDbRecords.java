package dev.earshot.store.dynamodb;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.ItemKey;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.RecordKey;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.StoredItem;
import dev.earshot.store.Table;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;

/** What is sealed, table by table: a scan reads, and costs, all of a table. */
final class DynamoDbRecords implements SealedRecords {
  private static final char CURSOR_SEPARATOR = '\0';

  private final Connection connection;
  private final TableNames tables;
  private final InstantSource clock;
  private final DynamoDbProfiles profiles;
  private final DynamoDbCatalog catalog;

  DynamoDbRecords(
      Connection connection,
      TableNames tables,
      InstantSource clock,
      DynamoDbProfiles profiles,
      DynamoDbCatalog catalog) {
    this.connection = connection;
    this.tables = tables;
    this.clock = clock;
    this.profiles = profiles;
    this.catalog = catalog;
  }

  @Override
  public CompletionStage<Scan> scan(Table table, String cursor, int limit) {
    return switch (table) {
      case PROFILES -> connection.longOperation(operation -> profiles(operation, cursor, limit));
      case CONTEXT_ITEMS -> connection.longOperation(operation -> items(operation, cursor, limit));
      case CATALOG -> connection.longOperation(operation -> catalog(operation, cursor, limit));
      case INTERACTIONS, SETTINGS -> throw new IllegalArgumentException(table.label());
    };
  }

  private CompletableFuture<Scan> profiles(Operation operation, String cursor, int limit) {
    ScanRequest.Builder scan = scan(tables.profiles(), limit);
    if (!cursor.isEmpty()) {
      scan.exclusiveStartKey(DynamoDbProfiles.key(cursor));
    }
    return operation
        .call(client -> client.scan(scan.build()))
        .thenApply(page ->
            new Scan(
                page.items().stream()
                    .map(DynamoDbProfiles::row)
                    .map(DynamoDbRecords::sealed)
                    .toList(),
                page.lastEvaluatedKey().isEmpty()
                    ? ""
                    : Attributes.text(page.lastEvaluatedKey(), "user_id")));
  }

  private CompletableFuture<Scan> items(Operation operation, String cursor, int limit) {
    ScanRequest.Builder scan = scan(tables.items(), limit);
    if (!cursor.isEmpty()) {
      int split = cursor.indexOf(CURSOR_SEPARATOR);
      scan.exclusiveStartKey(
          DynamoDbContext.itemKey(
              new ItemKey(cursor.substring(0, split), cursor.substring(split + 1))));
    }
    Instant now = clock.instant();
    return operation
        .call(client -> client.scan(scan.build()))
        .thenApply(page -> {
          List<Sealed> records =
              page.items().stream()
                  .map(DynamoDbContext::storedItem)
                  .filter(item -> now.isBefore(item.expireTime()))
                  .map(DynamoDbRecords::sealed)
                  .toList();
          if (page.lastEvaluatedKey().isEmpty()) {
            return new Scan(records, "");
          }
          ItemKey last = DynamoDbContext.keyOf(page.lastEvaluatedKey());
          return new Scan(records, last.interactionId() + CURSOR_SEPARATOR + last.itemId());
        });
  }

  private CompletableFuture<Scan> catalog(Operation operation, String cursor, int limit) {
    long after = cursor.isEmpty() ? 0 : Long.parseLong(cursor);
    CompletableFuture<List<Sealed>> snapshot =
        cursor.isEmpty()
            ? catalog
                .snapshot(operation)
                .thenApply(entry -> entry.stream().map(DynamoDbRecords::sealedSnapshot).toList())
            : CompletableFuture.completedFuture(List.of());
    return snapshot.thenCompose(first -> {
      if (first.size() >= limit) {
        return CompletableFuture.completedFuture(new Scan(first, "0"));
      }
      return catalog
          .entriesAfter(operation, after, limit - first.size())
          .thenApply(entries -> {
            List<Sealed> records = new ArrayList<>(first);
            entries.forEach(entry -> records.add(sealed(entry)));
            return new Scan(
                records,
                entries.isEmpty() ? "" : Long.toString(entries.get(entries.size() - 1).version()));
          });
    });
  }

  private static ScanRequest.Builder scan(String table, int limit) {
    return ScanRequest.builder().tableName(table).consistentRead(true).limit(limit);
  }

  private static Sealed sealed(ProfileTable.Row row) {
    return new Sealed(RecordKey.profile(row.userId()), row.version(), 0, row.content());
  }

  private static Sealed sealed(StoredItem item) {
    return new Sealed(
        RecordKey.item(item.key()),
        item.version(),
        item.expireTime().toEpochMilli(),
        item.content());
  }

  private static Sealed sealed(CatalogLog.Entry entry) {
    return new Sealed(RecordKey.catalogEntry(entry.version()), entry.version(), 0, entry.content());
  }

  private static Sealed sealedSnapshot(CatalogLog.Entry entry) {
    return new Sealed(
        RecordKey.catalogSnapshot(entry.version()), entry.version(), 0, entry.content());
  }

  @Override
  public CompletionStage<Boolean> replace(Sealed record, Bytes content) {
    List<String> parts = record.key().parts();
    return switch (record.key().table()) {
      case PROFILES -> {
        var row = new ProfileTable.Row(parts.get(0), record.version(), record.content());
        var replacement = new ProfileTable.Row(parts.get(0), record.version(), content);
        yield connection.operation(operation -> profiles.replace(operation, row, replacement));
      }
      case CONTEXT_ITEMS ->
          connection.operation(operation -> replaceItem(operation, record, content));
      case CATALOG -> {
        var entry = new CatalogLog.Entry(record.version(), record.content());
        boolean snapshot = record.key().equals(RecordKey.catalogSnapshot(record.version()));
        yield connection.longOperation(
            operation -> catalog.replace(operation, snapshot, entry, content));
      }
      case INTERACTIONS, SETTINGS ->
          throw new IllegalArgumentException(record.key().table().label());
    };
  }

  private CompletableFuture<Boolean> replaceItem(
      Operation operation, Sealed record, Bytes content) {
    ItemKey key = new ItemKey(record.key().parts().get(0), record.key().parts().get(1));
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":new", Attributes.bytes(content));
    values.put(":content", Attributes.bytes(record.content()));
    values.put(":version", Attributes.number(record.version()));
    values.put(":expire", Attributes.number(record.expireMillis()));
    return DynamoDbContext.unlessConditionFails(
        operation.call(client ->
            client.updateItem(request ->
                request
                    .tableName(tables.items())
                    .key(DynamoDbContext.itemKey(key))
                    .updateExpression("SET content = :new")
                    .conditionExpression(
                        "content = :content AND version = :version AND expire_time = :expire")
                    .expressionAttributeValues(values))));
  }
}
