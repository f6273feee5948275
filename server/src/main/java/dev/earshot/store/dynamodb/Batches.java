package dev.earshot.store.dynamodb;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.DeleteRequest;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.PutRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** Requests for many rows of a table, as many at a time as DynamoDB takes. */
final class Batches {
  private static final int MAX_READS = 100;
  private static final int MAX_WRITES = 25;

  private Batches() {}

  static WriteRequest put(Map<String, AttributeValue> row) {
    return WriteRequest.builder().putRequest(PutRequest.builder().item(row).build()).build();
  }

  static WriteRequest delete(Map<String, AttributeValue> key) {
    return WriteRequest.builder().deleteRequest(DeleteRequest.builder().key(key).build()).build();
  }

  /**
   * Writes and deletes rows, in no order; a failure leaves a part undone.
   *
   * @param writes of keys that are all different
   */
  static CompletableFuture<Void> write(
      Operation operation, String table, List<WriteRequest> writes) {
    List<CompletableFuture<Void>> parts = new ArrayList<>();
    for (int from = 0; from < writes.size(); from += MAX_WRITES) {
      List<WriteRequest> part = writes.subList(from, Math.min(from + MAX_WRITES, writes.size()));
      parts.add(write(operation, Map.of(table, part), 1));
    }
    return all(parts);
  }

  private static CompletableFuture<Void> write(
      Operation operation, Map<String, List<WriteRequest>> writes, int attempt) {
    return operation
        .call(client -> client.batchWriteItem(request -> request.requestItems(writes)))
        .thenCompose(response ->
            response.unprocessedItems().isEmpty()
                ? CompletableFuture.completedFuture(null)
                : operation
                    .backOff(attempt)
                    .thenCompose(
                        again -> write(operation, response.unprocessedItems(), attempt + 1)));
  }

  /**
   * Reads rows, all acknowledged writes in them, in no order.
   *
   * @param keys all different
   */
  static CompletableFuture<List<Map<String, AttributeValue>>> read(
      Operation operation, String table, Collection<Map<String, AttributeValue>> keys) {
    List<Map<String, AttributeValue>> all = List.copyOf(keys);
    List<CompletableFuture<List<Map<String, AttributeValue>>>> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += MAX_READS) {
      var part =
          KeysAndAttributes.builder()
              .keys(all.subList(from, Math.min(from + MAX_READS, all.size())))
              .consistentRead(true)
              .build();
      parts.add(read(operation, table, part, 1, new ArrayList<>()));
    }
    return all(parts)
        .thenApply(done -> parts.stream().flatMap(part -> part.join().stream()).toList());
  }

  private static CompletableFuture<List<Map<String, AttributeValue>>> read(
      Operation operation,
      String table,
      KeysAndAttributes keys,
      int attempt,
      List<Map<String, AttributeValue>> found) {
    return operation
        .call(client -> client.batchGetItem(request -> request.requestItems(Map.of(table, keys))))
        .thenCompose(response -> {
          var rows = response.responses().getOrDefault(table, List.of());
          found.addAll(rows);
          KeysAndAttributes left = response.unprocessedKeys().get(table);
          if (left == null || left.keys().isEmpty()) {
            return CompletableFuture.completedFuture(found);
          }
          // Rows beyond 16 MB are left for the next request, at once; else it is for load.
          return (rows.isEmpty()
                  ? operation.backOff(attempt)
                  : CompletableFuture.<Void>completedFuture(null))
              .thenCompose(again -> read(operation, table, left, attempt + 1, found));
        });
  }

  /**
   * Hands over the rows that a query finds, page by page.
   *
   * @param page whether to go on, decided by it
   */
  static CompletableFuture<Void> query(
      Operation operation,
      QueryRequest query,
      Function<QueryResponse, CompletionStage<Boolean>> page) {
    return operation
        .call(client -> client.query(query))
        .thenCompose(response ->
            page.apply(response)
                .thenCompose(goOn -> {
                  if (!goOn || response.lastEvaluatedKey().isEmpty()) {
                    return CompletableFuture.completedFuture(null);
                  }
                  QueryRequest next =
                      query.toBuilder().exclusiveStartKey(response.lastEvaluatedKey()).build();
                  return query(operation, next, page);
                }));
  }

  static CompletableFuture<Void> all(Collection<? extends CompletableFuture<?>> parts) {
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new));
  }
}
