package dev.earshot.store.dynamodb;

import dev.earshot.store.ProfileTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;

/** Profiles, each a row of at most 400 KB. */
final class DynamoDbProfiles implements ProfileTable {
  private final Connection connection;
  private final String table;

  DynamoDbProfiles(Connection connection, TableNames tables) {
    this.connection = connection;
    this.table = tables.profiles();
  }

  @Override
  public CompletionStage<Optional<Row>> get(String userId) {
    return connection.operation(operation -> get(operation, userId));
  }

  private CompletableFuture<Optional<Row>> get(Operation operation, String userId) {
    return operation
        .call(client ->
            client.getItem(
                request -> request.tableName(table).key(key(userId)).consistentRead(true)))
        .thenApply(response ->
            response.item().isEmpty() ? Optional.empty() : Optional.of(row(response.item())));
  }

  @Override
  public CompletionStage<Boolean> put(Row row, long expectedVersion) {
    return connection.operation(operation ->
        operation
            .call(client ->
                client.putItem(request -> {
                  request.tableName(table).item(attributes(row));
                  if (expectedVersion == 0) {
                    request.conditionExpression("attribute_not_exists(user_id)");
                  } else {
                    request
                        .conditionExpression("version = :expected")
                        .expressionAttributeValues(
                            Map.of(":expected", Attributes.number(expectedVersion)));
                  }
                }))
            .handle((done, failure) -> {
              if (failure == null) {
                return CompletableFuture.completedFuture(true);
              }
              if (!Failures.isCondition(failure)) {
                return CompletableFuture.<Boolean>failedFuture(failure);
              }
              // An earlier try may have written it, whose answer was lost.
              return operation.isUncertain()
                  ? get(operation, row.userId())
                      .thenApply(stored -> stored.equals(Optional.of(row)))
                  : CompletableFuture.completedFuture(false);
            })
            .thenCompose(Function.identity()));
  }

  @Override
  public CompletionStage<Boolean> delete(String userId) {
    return connection.operation(operation -> delete(operation, userId));
  }

  CompletableFuture<Boolean> delete(Operation operation, String userId) {
    return operation
        .call(client ->
            client.deleteItem(request ->
                request.tableName(table).key(key(userId)).returnValues(ReturnValue.ALL_OLD)))
        .thenApply(response -> !response.attributes().isEmpty());
  }

  @Override
  public CompletionStage<Page> list(String afterUserId, int limit) {
    return connection.longOperation(operation ->
        list(
            operation,
            ScanRequest.builder()
                .tableName(table)
                .consistentRead(true)
                .limit(limit)
                .exclusiveStartKey(afterUserId.isEmpty() ? null : key(afterUserId))
                .build()));
  }

  private CompletableFuture<Page> list(Operation operation, ScanRequest scan) {
    return operation
        .call(client -> client.scan(scan))
        .thenCompose(response -> {
          boolean more = !response.lastEvaluatedKey().isEmpty();
          if (response.items().isEmpty() && more) {
            return list(
                operation, scan.toBuilder().exclusiveStartKey(response.lastEvaluatedKey()).build());
          }
          List<Row> rows = new ArrayList<>();
          response.items().forEach(item -> rows.add(row(item)));
          return CompletableFuture.completedFuture(new Page(rows, more));
        });
  }

  /**
   * Writes another content in place of a row's, if it is still the one given.
   *
   * @return false if it is not
   */
  CompletableFuture<Boolean> replace(Operation operation, Row row, Row replacement) {
    return DynamoDbContext.unlessConditionFails(
        operation.call(client ->
            client.putItem(request ->
                request
                    .tableName(table)
                    .item(attributes(replacement))
                    .conditionExpression("version = :version AND content = :content")
                    .expressionAttributeValues(
                        Map.of(
                            ":version", Attributes.number(row.version()),
                            ":content", Attributes.bytes(row.content()))))));
  }

  static Map<String, AttributeValue> key(String userId) {
    return Map.of("user_id", Attributes.text(userId));
  }

  static Row row(Map<String, AttributeValue> item) {
    return new Row(
        Attributes.text(item, "user_id"),
        Attributes.number(item, "version"),
        Attributes.bytes(item, "content"));
  }

  private static Map<String, AttributeValue> attributes(Row row) {
    return Map.of(
        "user_id", Attributes.text(row.userId()),
        "version", Attributes.number(row.version()),
        "content", Attributes.bytes(row.content()));
  }
}
