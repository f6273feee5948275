package dev.earshot.store.dynamodb;

import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.dynamodb.TableNames.TableShape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/** Makes the tables, and sees that they are there. */
final class TableSetup {
  /** How long the making of a table may take. */
  private static final Duration CREATE_TIMEOUT = Duration.ofMinutes(3);

  private static final Duration POLL = Duration.ofMillis(500);

  private final Connection connection;
  private final TableNames tables;

  TableSetup(Connection connection, TableNames tables) {
    this.connection = connection;
    this.tables = tables;
  }

  /**
   * Sees that all tables are there and have the keys that they should have. Blocks.
   *
   * @throws StoreException FORMAT if not, else with what stands in the way
   */
  void requireAll() {
    join(
        connection.operation(operation -> {
          List<CompletableFuture<?>> parts = new ArrayList<>();
          for (TableShape shape : tables.shapes()) {
            parts.add(describe(operation, shape));
          }
          return Batches.all(parts);
        }));
  }

  /**
   * Makes the tables that are missing, and turns on their time to live. Blocks until they can be
   * used.
   *
   * @param progress told of each table, and whether it was made
   */
  void createAll(BiConsumer<String, Boolean> progress) {
    for (TableShape shape : tables.shapes()) {
      boolean created =
          join(
              connection.longOperation(operation ->
                  create(operation, shape)
                      .thenCompose(made ->
                          untilActive(operation, shape, attempts())
                              .thenCompose(active -> expire(operation, shape))
                              .thenApply(done -> made))));
      progress.accept(shape.name(), created);
    }
  }

  private static long attempts() {
    return CREATE_TIMEOUT.dividedBy(POLL);
  }

  private static CompletableFuture<Boolean> create(Operation operation, TableShape shape) {
    return operation
        .call(client ->
            client.createTable(request ->
                request
                    .tableName(shape.name())
                    .billingMode(BillingMode.PAY_PER_REQUEST)
                    .attributeDefinitions(attributes(shape))
                    .keySchema(keys(shape))))
        .handle((response, failure) -> {
          if (failure == null) {
            return true;
          }
          if (Failures.cause(failure) instanceof ResourceInUseException) {
            // An earlier try may have made it, whose answer was lost.
            return operation.isUncertain();
          }
          throw Failures.typed(failure);
        });
  }

  private CompletableFuture<Void> untilActive(
      Operation operation, TableShape shape, long attempts) {
    return describe(operation, shape)
        .thenCompose(table -> {
          if (table.tableStatus() == TableStatus.ACTIVE) {
            return CompletableFuture.completedFuture(null);
          }
          if (attempts <= 0) {
            throw new StoreException(
                Kind.TIMEOUT,
                "table " + shape.name() + " is " + table.tableStatusAsString() + " for too long");
          }
          CompletableFuture<Void> later = new CompletableFuture<>();
          connection.after(POLL.toNanos(), () -> later.complete(null));
          return later.thenCompose(again -> untilActive(operation, shape, attempts - 1));
        });
  }

  private static CompletionStage<Void> expire(Operation operation, TableShape shape) {
    if (!shape.expires()) {
      return CompletableFuture.completedFuture(null);
    }
    return operation
        .call(client -> client.describeTimeToLive(request -> request.tableName(shape.name())))
        .thenCompose(response -> {
          var status = response.timeToLiveDescription().timeToLiveStatus();
          if (status == TimeToLiveStatus.ENABLED || status == TimeToLiveStatus.ENABLING) {
            return CompletableFuture.completedFuture(null);
          }
          return operation
              .call(client ->
                  client.updateTimeToLive(request ->
                      request
                          .tableName(shape.name())
                          .timeToLiveSpecification(
                              spec -> spec.attributeName(Attributes.REMOVAL_TIME).enabled(true))))
              .thenApply(done -> null);
        });
  }

  private static CompletableFuture<TableDescription> describe(
      Operation operation, TableShape shape) {
    return operation
        .call(client -> client.describeTable(request -> request.tableName(shape.name())))
        .handle((response, failure) -> {
          if (failure == null) {
            return requireShape(shape, response.table());
          }
          if (Failures.cause(failure) instanceof ResourceNotFoundException) {
            throw new StoreException(
                Kind.FORMAT,
                "table "
                    + shape.name()
                    + " does not exist (make it with: earshot store create --store dynamodb)");
          }
          throw Failures.typed(failure);
        });
  }

  private static TableDescription requireShape(TableShape shape, TableDescription table) {
    Map<String, ScalarAttributeType> types = new HashMap<>();
    table.attributeDefinitions().forEach(a -> types.put(a.attributeName(), a.attributeType()));
    if (!table.keySchema().equals(keys(shape))
        || !attributes(shape).stream()
            .allMatch(wanted -> wanted.attributeType() == types.get(wanted.attributeName()))) {
      throw new StoreException(
          Kind.FORMAT,
          "table " + shape.name() + " has other keys than Earshot's; choose another prefix");
    }
    return table;
  }

  private static List<KeySchemaElement> keys(TableShape shape) {
    List<KeySchemaElement> keys = new ArrayList<>();
    keys.add(key(shape.partitionKey(), KeyType.HASH));
    if (!shape.sortKey().isEmpty()) {
      keys.add(key(shape.sortKey(), KeyType.RANGE));
    }
    return keys;
  }

  private static KeySchemaElement key(String name, KeyType type) {
    return KeySchemaElement.builder().attributeName(name).keyType(type).build();
  }

  private static List<AttributeDefinition> attributes(TableShape shape) {
    List<AttributeDefinition> attributes = new ArrayList<>();
    attributes.add(attribute(shape.partitionKey(), ScalarAttributeType.S));
    if (!shape.sortKey().isEmpty()) {
      attributes.add(
          attribute(
              shape.sortKey(), shape.isNumber() ? ScalarAttributeType.N : ScalarAttributeType.S));
    }
    return attributes;
  }

  private static AttributeDefinition attribute(String name, ScalarAttributeType type) {
    return AttributeDefinition.builder().attributeName(name).attributeType(type).build();
  }

  private static <T> T join(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw Failures.typed(e);
    }
  }
}
