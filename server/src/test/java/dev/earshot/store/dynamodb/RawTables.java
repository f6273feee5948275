package dev.earshot.store.dynamodb;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/** The tables of a store as they are, without the store. */
final class RawTables {
  private final DynamoDbOptions options;

  RawTables(DynamoDbOptions options) {
    this.options = options;
  }

  int count(String table) {
    return rows(table).size();
  }

  Set<String> attributesOf(String table) {
    Set<String> names = new TreeSet<>();
    rows(table).forEach(row -> names.addAll(row.keySet()));
    return names;
  }

  /** From when on DynamoDB may remove a table's only row. */
  Instant removalTime(String table) {
    return Instant.ofEpochSecond(Attributes.number(rows(table).get(0), "removal_time"));
  }

  List<String> expiringTables() {
    return List.of("profiles", "interactions", "interaction-index", "context-items", "catalog")
        .stream()
        .filter(table ->
            call(client -> client.describeTimeToLive(request -> request.tableName(name(table))))
                .timeToLiveDescription()
                .timeToLiveStatusAsString()
                .equals("ENABLED"))
        .toList();
  }

  void markAsBeingDeleted(String interactionId) {
    call(client ->
        client.updateItem(request ->
            request
                .tableName(name("interactions"))
                .key(InteractionRow.key(interactionId))
                .updateExpression("SET deleting = :true")
                .expressionAttributeValues(Map.of(":true", AttributeValue.fromBool(true)))));
  }

  void putItem(String interactionId, String itemId) {
    call(client ->
        client.putItem(request ->
            request
                .tableName(name("context-items"))
                .item(
                    Map.of(
                        "interaction_id", Attributes.text(interactionId),
                        "item_id", Attributes.text(itemId)))));
  }

  private List<Map<String, AttributeValue>> rows(String table) {
    List<Map<String, AttributeValue>> rows = new ArrayList<>();
    ScanRequest scan = ScanRequest.builder().tableName(name(table)).consistentRead(true).build();
    ScanResponse page;
    do {
      ScanRequest next = scan;
      page = call(client -> client.scan(next));
      rows.addAll(page.items());
      scan = scan.toBuilder().exclusiveStartKey(page.lastEvaluatedKey()).build();
    } while (!page.lastEvaluatedKey().isEmpty());
    return rows;
  }

  private String name(String table) {
    return options.tablePrefix() + "-" + table;
  }

  private <T> T call(Function<DynamoDbAsyncClient, CompletableFuture<T>> request) {
    try (Connection connection = new Connection(options, new Random(3))) {
      return request.apply(connection.client()).join();
    }
  }
}
