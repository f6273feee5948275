package dev.earshot.store.dynamodb;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.StoreException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * The catalogue's log: a row for each entry and one for the snapshot. A content that is too large
 * for a row is cut into chunks under a name of their own, which are written before the row that
 * names them and removed after it; whoever finds them gone reads the row again.
 *
 * <p>No transactions are needed, which not every server that speaks the API has: an entry's row is
 * written only where there is none, the snapshot moves before the entries that it replaces are
 * removed, and who wrote an entry looks at the snapshot once more.
 */
final class DynamoDbCatalog implements CatalogLog {
  private static final String ENTRIES = "entry";
  private static final String SNAPSHOT = "snapshot";
  private static final int CHUNK_BYTES = 350_000;

  /** How often a content is looked for whose chunks were replaced meanwhile. */
  private static final int MAX_READS = 4;

  private final Connection connection;
  private final String table;

  DynamoDbCatalog(Connection connection, TableNames tables) {
    this.connection = connection;
    this.table = tables.catalog();
  }

  /**
   * A row, whose content may lie elsewhere.
   *
   * @param chunks the name of the chunks; empty: the content is in the row
   */
  private record Head(long version, Bytes inline, String chunks, int chunkCount) {
    Map<String, AttributeValue> attributes(Map<String, AttributeValue> key) {
      Map<String, AttributeValue> row = new HashMap<>(key);
      row.put("version", Attributes.number(version));
      if (chunks.isEmpty()) {
        row.put("content", Attributes.bytes(inline));
      } else {
        row.put("chunks", Attributes.text(chunks));
        row.put("chunk_count", Attributes.number(chunkCount));
      }
      return row;
    }

    static @Nullable Head read(Map<String, AttributeValue> row) {
      if (row.isEmpty()) {
        return null;
      }
      long version = Attributes.number(row, "version");
      return row.containsKey("chunks")
          ? new Head(
              version,
              Bytes.EMPTY,
              Attributes.text(row, "chunks"),
              (int) Attributes.number(row, "chunk_count"))
          : new Head(version, Attributes.bytes(row, "content"), "", 0);
    }

    List<Map<String, AttributeValue>> chunkKeys() {
      List<Map<String, AttributeValue>> keys = new ArrayList<>();
      for (int i = 0; i < chunkCount; i++) {
        keys.add(key("chunks:" + chunks, i));
      }
      return keys;
    }
  }

  private static Map<String, AttributeValue> key(String part, long number) {
    return Map.of("part", Attributes.text(part), "number", Attributes.number(number));
  }

  @Override
  public CompletionStage<Long> version() {
    return connection.operation(this::version);
  }

  private CompletableFuture<Long> version(Operation operation) {
    CompletableFuture<@Nullable Head> snapshot = head(operation, key(SNAPSHOT, 0));
    return operation
        .call(client ->
            client.query(
                entries("part = :part", Map.of()).scanIndexForward(false).limit(1).build()))
        .thenCombine(
            snapshot,
            (newest, head) ->
                Math.max(
                    newest.items().isEmpty()
                        ? 0
                        : Attributes.number(newest.items().get(0), "number"),
                    head == null ? 0 : head.version));
  }

  @Override
  public CompletionStage<Boolean> append(Entry entry) {
    return connection.longOperation(operation -> {
      requireSize(entry);
      return version(operation)
          .thenCompose(version ->
              version != entry.version() - 1
                  ? CompletableFuture.completedFuture(false)
                  : writeContent(operation, entry).thenCompose(head -> append(operation, head)));
    });
  }

  private CompletableFuture<Boolean> append(Operation operation, Head head) {
    Map<String, AttributeValue> key = key(ENTRIES, head.version);
    return operation
        .call(client ->
            client.putItem(request ->
                request
                    .tableName(table)
                    .item(head.attributes(key))
                    .conditionExpression("attribute_not_exists(part)")))
        .handle((done, failure) -> {
          if (failure == null) {
            return CompletableFuture.completedFuture(true);
          }
          if (!Failures.isCondition(failure)) {
            return CompletableFuture.<Boolean>failedFuture(failure);
          }
          // An earlier try may have written it, whose answer was lost.
          return operation.isUncertain()
              ? head(operation, key).thenApply(head::equals)
              : CompletableFuture.completedFuture(false);
        })
        .thenCompose(Function.identity())
        .thenCompose(written ->
            written
                ? head(operation, key(SNAPSHOT, 0))
                    .thenCompose(snapshot ->
                        snapshot == null || snapshot.version < head.version
                            ? CompletableFuture.completedFuture(true)
                            : remove(operation, List.of(key), head).thenApply(done -> false))
                : remove(operation, List.of(), head).thenApply(done -> false));
  }

  @Override
  public CompletionStage<List<Entry>> read(long afterVersion, int limit) {
    return connection.longOperation(operation ->
        head(operation, key(SNAPSHOT, 0))
            .thenCompose(snapshot -> {
              if (snapshot != null && afterVersion < snapshot.version) {
                throw new StoreException(
                    StoreException.Kind.COMPACTED,
                    "entries up to " + snapshot.version + " are in the snapshot");
              }
              return operation.call(client ->
                  client.query(
                      entries(
                              "part = :part AND #number > :after",
                              Map.of(":after", Attributes.number(afterVersion)))
                          .limit(limit)
                          .build()));
            })
            .thenCompose(page -> contents(operation, page.items(), afterVersion)));
  }

  /** The entries of these rows, one after the other: together they may be large. */
  private CompletableFuture<List<Entry>> contents(
      Operation operation, List<Map<String, AttributeValue>> rows, long afterVersion) {
    CompletableFuture<List<Entry>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (var row : rows) {
      Head head = Attributes.present(Head.read(row));
      all =
          all.thenCompose(entries -> {
            // A gap is the end: what follows was overtaken by a snapshot.
            if (head.version != afterVersion + entries.size() + 1) {
              return CompletableFuture.completedFuture(entries);
            }
            return entry(operation, key(ENTRIES, head.version), head, 1)
                .thenApply(entry -> {
                  entry.ifPresent(entries::add);
                  return entries;
                });
          });
    }
    return all;
  }

  @Override
  public CompletionStage<Boolean> putSnapshot(Entry snapshot) {
    return connection.longOperation(operation -> {
      requireSize(snapshot);
      return head(operation, key(SNAPSHOT, 0))
          .thenCompose(current ->
              current != null && current.version >= snapshot.version()
                  ? CompletableFuture.completedFuture(false)
                  : writeContent(operation, snapshot)
                      .thenCompose(head -> putSnapshot(operation, head)));
    });
  }

  private CompletableFuture<Boolean> putSnapshot(Operation operation, Head head) {
    return operation
        .call(client ->
            client.putItem(request ->
                request
                    .tableName(table)
                    .item(head.attributes(key(SNAPSHOT, 0)))
                    .conditionExpression("attribute_not_exists(part) OR version < :version")
                    .expressionAttributeValues(Map.of(":version", Attributes.number(head.version)))
                    .returnValues(ReturnValue.ALL_OLD)))
        .handle((response, failure) -> {
          if (failure == null) {
            Head replaced = Head.read(response.attributes());
            return (replaced == null
                    ? CompletableFuture.<Void>completedFuture(null)
                    : remove(operation, List.of(), replaced))
                .thenCompose(done -> removeEntries(operation, head.version))
                .thenApply(done -> true);
          }
          if (!Failures.isCondition(failure)) {
            return CompletableFuture.<Boolean>failedFuture(failure);
          }
          // An earlier try may have written it, whose answer was lost.
          return (operation.isUncertain()
                  ? head(operation, key(SNAPSHOT, 0)).thenApply(head::equals)
                  : CompletableFuture.completedFuture(false))
              .thenCompose(own ->
                  own
                      ? removeEntries(operation, head.version).thenApply(done -> true)
                      : remove(operation, List.of(), head).thenApply(done -> false));
        })
        .thenCompose(Function.identity());
  }

  private CompletableFuture<Void> removeEntries(Operation operation, long upTo) {
    QueryRequest query =
        entries("part = :part AND #number <= :upTo", Map.of(":upTo", Attributes.number(upTo)))
            .build();
    return Batches.query(
        operation,
        query,
        page -> {
          List<CompletableFuture<Void>> removals = new ArrayList<>();
          for (var row : page.items()) {
            Head head = Attributes.present(Head.read(row));
            removals.add(remove(operation, List.of(key(ENTRIES, head.version)), head));
          }
          return Batches.all(removals).thenApply(done -> true);
        });
  }

  @Override
  public CompletionStage<Optional<Entry>> snapshot() {
    return connection.longOperation(this::snapshot);
  }

  CompletableFuture<Optional<Entry>> snapshot(Operation operation) {
    return head(operation, key(SNAPSHOT, 0))
        .thenCompose(head ->
            head == null
                ? CompletableFuture.completedFuture(Optional.empty())
                : entry(operation, key(SNAPSHOT, 0), head, 1));
  }

  /** Entries of the log, whatever the snapshot says, for encrypting them anew. */
  CompletableFuture<List<Entry>> entriesAfter(Operation operation, long version, int limit) {
    return operation
        .call(client ->
            client.query(
                entries(
                        "part = :part AND #number > :after",
                        Map.of(":after", Attributes.number(version)))
                    .limit(limit)
                    .build()))
        .thenCompose(page ->
            page.items().isEmpty()
                ? CompletableFuture.completedFuture(List.of())
                : contents(
                    operation, page.items(), Attributes.number(page.items().get(0), "number") - 1));
  }

  /** Writes another content in place of a row's, if it is still the one given. */
  CompletableFuture<Boolean> replace(
      Operation operation, boolean snapshot, Entry entry, Bytes content) {
    Map<String, AttributeValue> key = snapshot ? key(SNAPSHOT, 0) : key(ENTRIES, entry.version());
    return head(operation, key)
        .thenCompose(current -> {
          if (current == null || current.version != entry.version()) {
            return CompletableFuture.completedFuture(false);
          }
          return entry(operation, key, current, MAX_READS)
              .thenCompose(stored ->
                  stored.equals(Optional.of(entry))
                      ? replace(operation, key, current, new Entry(entry.version(), content))
                      : CompletableFuture.completedFuture(false));
        });
  }

  private CompletableFuture<Boolean> replace(
      Operation operation, Map<String, AttributeValue> key, Head current, Entry replacement) {
    return writeContent(operation, replacement)
        .thenCompose(head ->
            DynamoDbContext.unlessConditionFails(
                    operation.call(client ->
                        client.putItem(request ->
                            request
                                .tableName(table)
                                .item(head.attributes(key))
                                .conditionExpression(
                                    current.chunks.isEmpty()
                                        ? "version = :version AND content = :was"
                                        : "version = :version AND chunks = :was")
                                .expressionAttributeValues(
                                    Map.of(
                                        ":version",
                                        Attributes.number(current.version),
                                        ":was",
                                        current.chunks.isEmpty()
                                            ? Attributes.bytes(current.inline)
                                            : Attributes.text(current.chunks))))))
                .thenCompose(done ->
                    remove(operation, List.of(), done ? current : head).thenApply(x -> done)));
  }

  private CompletableFuture<@Nullable Head> head(
      Operation operation, Map<String, AttributeValue> key) {
    return operation
        .call(client ->
            client.getItem(request -> request.tableName(table).key(key).consistentRead(true)))
        .thenApply(response -> Head.read(response.item()));
  }

  /** The entry of a row; empty: the row is gone, and its chunks with it. */
  private CompletableFuture<Optional<Entry>> entry(
      Operation operation, Map<String, AttributeValue> key, Head head, int reads) {
    if (head.chunks.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.of(new Entry(head.version, head.inline)));
    }
    return chunks(operation, head)
        .thenCompose(content -> {
          if (content.isPresent()) {
            return CompletableFuture.completedFuture(
                Optional.of(new Entry(head.version, content.get())));
          }
          return head(operation, key)
              .thenCompose(next -> {
                if (next == null) {
                  return CompletableFuture.completedFuture(Optional.empty());
                }
                if (next.equals(head) || reads >= MAX_READS) {
                  throw Attributes.unreadable();
                }
                return entry(operation, key, next, reads + 1);
              });
        });
  }

  private CompletableFuture<Optional<Bytes>> chunks(Operation operation, Head head) {
    ByteArrayOutputStream content = new ByteArrayOutputStream(head.chunkCount * CHUNK_BYTES);
    int[] found = {0};
    QueryRequest query =
        QueryRequest.builder()
            .tableName(table)
            .consistentRead(true)
            .keyConditionExpression("part = :part")
            .expressionAttributeValues(Map.of(":part", Attributes.text("chunks:" + head.chunks)))
            .build();
    return Batches.query(
            operation,
            query,
            page -> {
              for (var row : page.items()) {
                content.writeBytes(Attributes.bytes(row, "content").array());
                found[0]++;
              }
              return CompletableFuture.completedFuture(true);
            })
        .thenApply(done ->
            found[0] == head.chunkCount
                ? Optional.of(Bytes.wrap(content.toByteArray()))
                : Optional.empty());
  }

  /** Writes what does not fit into a row, and says what the row shall be. */
  private CompletableFuture<Head> writeContent(Operation operation, Entry entry) {
    byte[] content = entry.content().array();
    if (content.length <= CHUNK_BYTES) {
      return CompletableFuture.completedFuture(new Head(entry.version(), entry.content(), "", 0));
    }
    String name = UUID.randomUUID().toString();
    int count = (content.length + CHUNK_BYTES - 1) / CHUNK_BYTES;
    Head head = new Head(entry.version(), Bytes.EMPTY, name, count);
    // One after the other: together they may be 64 MiB, and the catalogue is in no hurry.
    CompletableFuture<Void> written = CompletableFuture.completedFuture(null);
    List<Map<String, AttributeValue>> keys = head.chunkKeys();
    for (int i = 0; i < count; i++) {
      Map<String, AttributeValue> row = new HashMap<>(keys.get(i));
      row.put(
          "content",
          Attributes.bytes(
              Arrays.copyOfRange(
                  content, i * CHUNK_BYTES, Math.min((i + 1) * CHUNK_BYTES, content.length))));
      written =
          written.thenCompose(done ->
              operation
                  .call(client -> client.putItem(request -> request.tableName(table).item(row)))
                  .thenApply(response -> null));
    }
    return written.thenApply(done -> head);
  }

  /** Removes rows, then the chunks that they named. */
  private CompletableFuture<Void> remove(
      Operation operation, List<Map<String, AttributeValue>> rows, Head head) {
    List<WriteRequest> first = rows.stream().map(Batches::delete).toList();
    List<WriteRequest> then = head.chunkKeys().stream().map(Batches::delete).toList();
    return Batches.write(operation, table, first)
        .thenCompose(done -> Batches.write(operation, table, then));
  }

  private QueryRequest.Builder entries(String condition, Map<String, AttributeValue> values) {
    Map<String, AttributeValue> all = new HashMap<>(values);
    all.put(":part", Attributes.text(ENTRIES));
    QueryRequest.Builder query =
        QueryRequest.builder()
            .tableName(table)
            .consistentRead(true)
            .keyConditionExpression(condition)
            .expressionAttributeValues(all);
    return condition.contains("#number")
        ? query.expressionAttributeNames(Map.of("#number", "number"))
        : query;
  }

  private static void requireSize(Entry entry) {
    if (entry.content().size() > MAX_BYTES) {
      throw new StoreException(
          StoreException.Kind.TOO_LARGE,
          "content: " + entry.content().size() + " bytes (expected: <= " + MAX_BYTES + ")");
    }
  }
}
