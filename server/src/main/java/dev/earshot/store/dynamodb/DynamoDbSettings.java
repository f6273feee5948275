package dev.earshot.store.dynamodb;

import dev.earshot.store.Bytes;
import dev.earshot.store.Settings;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Settings, rows beside the catalogue's. */
final class DynamoDbSettings implements Settings {
  private final Connection connection;
  private final String table;

  DynamoDbSettings(Connection connection, TableNames tables) {
    this.connection = connection;
    this.table = tables.catalog();
  }

  @Override
  public CompletionStage<Optional<Bytes>> get(String name) {
    return connection.operation(operation -> get(operation, name));
  }

  private CompletableFuture<Optional<Bytes>> get(Operation operation, String name) {
    return operation
        .call(client ->
            client.getItem(request -> request.tableName(table).key(key(name)).consistentRead(true)))
        .thenApply(response ->
            response.item().isEmpty()
                ? Optional.empty()
                : Optional.of(Attributes.bytes(response.item(), "content")));
  }

  @Override
  public CompletionStage<Boolean> replace(String name, Optional<Bytes> expected, Bytes value) {
    Map<String, AttributeValue> row =
        Map.of(
            "part", Attributes.text("setting:" + name),
            "number", Attributes.number(0),
            "content", Attributes.bytes(value));
    return connection.operation(operation ->
        operation
            .call(client ->
                client.putItem(request -> {
                  request.tableName(table).item(row);
                  if (expected.isEmpty()) {
                    request.conditionExpression("attribute_not_exists(part)");
                  } else {
                    request
                        .conditionExpression("content = :expected")
                        .expressionAttributeValues(
                            Map.of(":expected", Attributes.bytes(expected.get())));
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
                  ? get(operation, name).thenApply(stored -> stored.equals(Optional.of(value)))
                  : CompletableFuture.completedFuture(false);
            })
            .thenCompose(Function.identity()));
  }

  private static Map<String, AttributeValue> key(String name) {
    return Map.of("part", Attributes.text("setting:" + name), "number", Attributes.number(0));
  }
}
