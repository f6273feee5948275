package dev.earshot.store.dynamodb;

import dev.earshot.store.Appended;
import dev.earshot.store.ContextStore;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.Interaction;
import dev.earshot.store.Interaction.ItemRef;
import dev.earshot.store.Interaction.RecordedEvent;
import dev.earshot.store.InteractionCodec.Live;
import dev.earshot.store.InteractionCodec.Tombstone;
import dev.earshot.store.InteractionRead;
import dev.earshot.store.InteractionRead.Gone;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.Retention;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.StoredItem;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * Interactions and their items.
 *
 * <p><b>An append</b> stores its items while it reads the entry, then has DynamoDB append the
 * events in one conditional update that returns the entry as written. The condition is what the
 * rules of {@link Appended} ask of the entry, and nothing that another writer changes by appending:
 * so of any number of concurrent writers each succeeds at its first try, unless a rule forbids it
 * or it repeats an event. Where the condition fails, DynamoDB returns the entry that made it fail,
 * and the rules decide anew. Items of a write that does not come about are removed; should the
 * process end before, nothing refers to them, and they expire.
 *
 * <p><b>A removal</b> marks the entry first, which makes it invisible and keeps writers away, then
 * removes what belongs to it, then the entry: repeated, it goes on where it was.
 */
final class DynamoDbContext implements ContextStore {
  private static final Logger log = LoggerFactory.getLogger(DynamoDbContext.class);

  /** How often a write decides anew: more would be a fault, not contention. */
  private static final int MAX_DECISIONS = 16;

  /** Rows of the index to read for each page where most may be another dialogue's. */
  private static final int FILTERED_PAGE = 50;

  private static final Comparator<Interaction> LATEST_FIRST =
      Comparator.comparing(Interaction::createTime)
          .reversed()
          .thenComparing(Interaction::interactionId);

  private final Connection connection;
  private final TableNames tables;
  private final InstantSource clock;
  private final Retention retention;

  DynamoDbContext(
      Connection connection, TableNames tables, InstantSource clock, Retention retention) {
    this.connection = connection;
    this.tables = tables;
    this.clock = clock;
    this.retention = retention;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  // --- Appending ---

  @Override
  public CompletionStage<Interaction> append(InteractionWrite write) {
    return connection.operation(operation -> {
      Instant now = now();
      List<NewItem> items =
          write.events().stream().flatMap(event -> event.items().stream()).toList();
      CompletableFuture<Void> stored = putItems(operation, write.interactionId(), items);
      CompletableFuture<@Nullable InteractionRow> read = row(operation, write.interactionId());
      return Batches.all(List.of(stored, read))
          .thenCompose(done -> decide(operation, write, read.join(), now, 1))
          .handle((entry, failure) ->
              failure == null
                  ? removeUnused(operation, items, entry)
                      .thenApply(done -> entry.withItemsLiveAt(now))
                  : refused(operation, write, items, Failures.cause(failure)))
          .thenCompose(Function.identity());
    });
  }

  /** Items that an entry refers to are in use, whichever try of the write they came with. */
  private CompletableFuture<Void> removeUnused(
      Operation operation, List<NewItem> items, Interaction entry) {
    Set<String> used =
        entry.events().stream()
            .flatMap(event -> event.items().stream().map(ItemRef::itemId))
            .collect(Collectors.toSet());
    List<WriteRequest> unused =
        items.stream()
            .map(NewItem::itemId)
            .filter(id -> !used.contains(id))
            .map(id -> Batches.delete(itemKey(new ItemKey(entry.interactionId(), id))))
            .toList();
    return quietly(Batches.write(operation, tables.items(), unused));
  }

  private CompletableFuture<Interaction> refused(
      Operation operation, InteractionWrite write, List<NewItem> items, Throwable failure) {
    if (!(failure instanceof StoreException refusal) || refusal.kind().isFault()) {
      // It may have been written: what belongs to it stays.
      return CompletableFuture.failedFuture(failure);
    }
    CompletableFuture<Void> removed =
        quietly(
            row(operation, write.interactionId())
                .thenCompose(row ->
                    row != null && row.entry() instanceof Live live
                        ? removeUnused(operation, items, live.interaction())
                        : Batches.write(
                            operation,
                            tables.items(),
                            items.stream()
                                .map(item ->
                                    Batches.delete(
                                        itemKey(new ItemKey(write.interactionId(), item.itemId()))))
                                .toList())));
    return removed.thenCompose(done -> CompletableFuture.failedFuture(failure));
  }

  /** What was not removed is not referred to and expires: no reason to fail. */
  private static CompletableFuture<Void> quietly(CompletableFuture<Void> removal) {
    return removal.exceptionally(failure -> null);
  }

  private CompletableFuture<Interaction> decide(
      Operation operation,
      InteractionWrite write,
      @Nullable InteractionRow row,
      Instant now,
      int decision) {
    if (decision > MAX_DECISIONS) {
      return CompletableFuture.failedFuture(
          new StoreException("an interaction changed too often to be written"));
    }
    if (row != null && row.deleting()) {
      return finishDeletion(operation, row, now)
          .thenCompose(done -> row(operation, write.interactionId()))
          .thenCompose(next -> decide(operation, write, next, now, decision + 1));
    }
    boolean begins = row == null || row.isForgottenAt(now, retention.maxAge());
    Appended appended =
        Appended.apply(begins || row == null ? null : row.entry(), write, now, retention);
    if (!appended.changed()) {
      return CompletableFuture.completedFuture(appended.entry());
    }
    CompletableFuture<Interaction> written =
        begins || row == null
            ? begin(operation, appended.entry(), now)
            : proceed(operation, row, appended, now);
    return written
        .handle((entry, failure) -> {
          if (failure == null) {
            return CompletableFuture.completedFuture(entry);
          }
          if (Failures.isTooLarge(failure)) {
            return CompletableFuture.<Interaction>failedFuture(
                new StoreException(
                    Kind.INTERACTION_FULL, "the interaction's entry would pass 400 KB"));
          }
          if (!Failures.isCondition(failure)) {
            return CompletableFuture.<Interaction>failedFuture(failure);
          }
          return rowThatFailed(operation, write.interactionId(), failure)
              .thenCompose(next -> decide(operation, write, next, now, decision + 1));
        })
        .thenCompose(Function.identity());
  }

  private CompletableFuture<Interaction> begin(
      Operation operation, Interaction entry, Instant now) {
    String owner = InteractionIndex.owner(entry);
    String indexKey =
        owner.isEmpty()
            ? ""
            : InteractionIndex.endAndId(
                entry.createTime().plus(retention.maxAge()), entry.interactionId());
    CompletableFuture<?> indexed =
        owner.isEmpty()
            ? CompletableFuture.completedFuture(null)
            : operation.call(client ->
                client.putItem(request ->
                    request
                        .tableName(tables.index())
                        .item(InteractionIndex.row(entry, retention.maxAge()))));
    return indexed
        .thenCompose(done ->
            operation.call(client ->
                client.putItem(request ->
                    request
                        .tableName(tables.interactions())
                        .item(InteractionRow.of(entry, indexKey, retention.maxAge()))
                        .conditionExpression(
                            "attribute_not_exists(interaction_id) OR forget_time <= :now")
                        .expressionAttributeValues(Map.of(":now", millis(now)))
                        .returnValuesOnConditionCheckFailure(
                            ReturnValuesOnConditionCheckFailure.ALL_OLD))))
        .thenApply(done -> entry);
  }

  private CompletableFuture<Interaction> proceed(
      Operation operation, InteractionRow row, Appended appended, Instant now) {
    Interaction before = ((Live) row.entry()).interaction();
    Interaction after = appended.entry();
    String id = after.interactionId();
    List<RecordedEvent> events =
        after.events().subList(before.events().size(), after.events().size());
    int items = after.itemCount() - before.itemCount();
    int textBytes = after.textBytes() - before.textBytes();
    long forgotten = after.expireTime().plus(retention.maxAge()).toEpochMilli();

    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":events", InteractionRow.events(id, events));
    values.put(":ids", InteractionRow.eventIds(events));
    values.put(":one", Attributes.number(1));
    values.put(":items", Attributes.number(items));
    values.put(":text", Attributes.number(textBytes));
    values.put(":expire", millis(after.expireTime()));
    values.put(":forget", Attributes.number(forgotten));
    values.put(":removal", Attributes.removalTime(forgotten));
    values.put(":created", millis(before.createTime()));
    values.put(":user", Attributes.text(before.userId()));
    values.put(":dialogue", Attributes.text(before.dialogueId()));
    // Alive after now: the next millisecond at the least. Nor does a write shorten its life.
    values.put(":alive", Attributes.number(now.toEpochMilli() + 1));
    values.put(":maxEvents", Attributes.number(Interaction.MAX_EVENTS - events.size()));
    values.put(":maxItems", Attributes.number(Interaction.MAX_ITEMS - items));
    values.put(":maxText", Attributes.number(Interaction.MAX_TEXT_BYTES - textBytes));
    StringBuilder condition =
        new StringBuilder(
            "create_time = :created AND user_id = :user AND dialogue_id = :dialogue"
                + " AND attribute_not_exists(deleting)"
                + " AND expire_time BETWEEN :alive AND :expire"
                + " AND size(events) <= :maxEvents AND item_count <= :maxItems"
                + " AND text_bytes <= :maxText");
    for (int i = 0; i < events.size(); i++) {
      values.put(":e" + i, Attributes.text(events.get(i).eventId()));
      condition.append(" AND NOT contains(event_ids, :e").append(i).append(')');
    }
    return operation
        .call(client ->
            client.updateItem(request ->
                request
                    .tableName(tables.interactions())
                    .key(InteractionRow.key(id))
                    .updateExpression(
                        "SET events = list_append(events, :events), version = version + :one,"
                            + " item_count = item_count + :items, text_bytes = text_bytes + :text,"
                            + " expire_time = :expire, forget_time = :forget,"
                            + " removal_time = :removal ADD event_ids :ids")
                    .conditionExpression(condition.toString())
                    .expressionAttributeValues(values)
                    .returnValues(ReturnValue.ALL_NEW)
                    .returnValuesOnConditionCheckFailure(
                        ReturnValuesOnConditionCheckFailure.ALL_OLD)))
        .thenApply(response -> interaction(response.attributes()));
  }

  private static Interaction interaction(Map<String, AttributeValue> attributes) {
    InteractionRow row = InteractionRow.read(attributes);
    if (row == null || !(row.entry() instanceof Live live)) {
      throw Attributes.unreadable();
    }
    return live.interaction();
  }

  // --- Reading ---

  @Override
  public CompletionStage<InteractionRead> get(String interactionId) {
    return connection.operation(operation ->
        row(operation, interactionId)
            .thenApply(row -> row == null ? Gone.UNKNOWN : row.seenAt(now(), retention.maxAge())));
  }

  private CompletableFuture<@Nullable InteractionRow> row(
      Operation operation, String interactionId) {
    return operation
        .call(client ->
            client.getItem(request ->
                request
                    .tableName(tables.interactions())
                    .key(InteractionRow.key(interactionId))
                    .consistentRead(true)))
        .thenApply(response -> InteractionRow.read(response.item()));
  }

  /** The row that made a condition fail, which not every server sends along. */
  private CompletableFuture<@Nullable InteractionRow> rowThatFailed(
      Operation operation, String interactionId, Throwable failure) {
    var old = ((ConditionalCheckFailedException) Failures.cause(failure)).item();
    return old == null || old.isEmpty()
        ? row(operation, interactionId)
        : CompletableFuture.completedFuture(InteractionRow.read(old));
  }

  @Override
  public CompletionStage<List<Interaction>> ofDialogue(
      String userId, String dialogueId, int limit) {
    Instant now = now();
    if (userId.isEmpty()) {
      QueryRequest query =
          InteractionIndex.living(tables.index(), InteractionIndex.ofDialogue(dialogueId), now);
      return living(query, limit, limit, userId, dialogueId, now);
    }
    QueryRequest ofUser =
        InteractionIndex.living(tables.index(), InteractionIndex.ofUser(userId), now);
    Map<String, AttributeValue> values = new HashMap<>(ofUser.expressionAttributeValues());
    values.put(":dialogue", Attributes.text(dialogueId));
    QueryRequest query =
        ofUser.toBuilder()
            .filterExpression("dialogue_id = :dialogue")
            .expressionAttributeValues(values)
            .build();
    return living(query, Math.max(limit, FILTERED_PAGE), limit, userId, dialogueId, now);
  }

  @Override
  public CompletionStage<List<Interaction>> ofUser(String userId, int limit) {
    Instant now = now();
    QueryRequest query =
        InteractionIndex.living(tables.index(), InteractionIndex.ofUser(userId), now);
    return living(query, limit, limit, userId, null, now);
  }

  private CompletionStage<List<Interaction>> living(
      QueryRequest query,
      int pageSize,
      int limit,
      String userId,
      @Nullable String dialogueId,
      Instant now) {
    Map<String, Interaction> found = new LinkedHashMap<>();
    return connection.operation(operation ->
        Batches.query(
                operation,
                query.toBuilder().limit(pageSize).build(),
                page -> {
                  Set<Map<String, AttributeValue>> keys = new LinkedHashSet<>();
                  page.items()
                      .forEach(
                          row -> keys.add(InteractionRow.key(InteractionIndex.interactionId(row))));
                  return Batches.read(operation, tables.interactions(), keys)
                      .thenApply(rows -> {
                        for (var row : rows) {
                          liveOf(row, now)
                              .filter(entry ->
                                  entry.userId().equals(userId)
                                      && (dialogueId == null
                                          || entry.dialogueId().equals(dialogueId)))
                              .ifPresent(entry -> found.put(entry.interactionId(), entry));
                        }
                        return found.size() < limit;
                      });
                })
            .thenApply(done -> found.values().stream().sorted(LATEST_FIRST).limit(limit).toList()));
  }

  private java.util.Optional<Interaction> liveOf(Map<String, AttributeValue> row, Instant now) {
    try {
      InteractionRow read = InteractionRow.read(row);
      return read == null
          ? java.util.Optional.empty()
          : read.seenAt(now, retention.maxAge()).live();
    } catch (StoreException e) {
      // One that cannot be read does not hide the others.
      log.warn("an interaction is left out of a list: {}", e.getMessage());
      return java.util.Optional.empty();
    }
  }

  // --- Items ---

  @Override
  public CompletionStage<StoredItem.Batch> items(List<ItemKey> keys) {
    if (keys.isEmpty()) {
      return CompletableFuture.completedFuture(new StoredItem.Batch(List.of(), List.of()));
    }
    return connection.operation(operation -> {
      Set<Map<String, AttributeValue>> wanted = new LinkedHashSet<>();
      keys.forEach(key -> wanted.add(itemKey(key)));
      return Batches.read(operation, tables.items(), wanted)
          .thenApply(rows -> batch(keys, rows, now()));
    });
  }

  private static StoredItem.Batch batch(
      List<ItemKey> keys, List<Map<String, AttributeValue>> rows, Instant now) {
    Map<ItemKey, Map<String, AttributeValue>> byKey = new HashMap<>();
    rows.forEach(row -> byKey.put(keyOf(row), row));
    List<StoredItem> found = new ArrayList<>();
    List<ItemKey> unreadable = new ArrayList<>();
    for (ItemKey key : keys) {
      var row = byKey.get(key);
      if (row == null) {
        continue;
      }
      try {
        StoredItem item = storedItem(row);
        if (now.isBefore(item.expireTime())) {
          found.add(item);
        }
      } catch (StoreException e) {
        unreadable.add(key);
      }
    }
    return new StoredItem.Batch(found, unreadable);
  }

  static ItemKey keyOf(Map<String, AttributeValue> row) {
    return new ItemKey(Attributes.text(row, "interaction_id"), Attributes.text(row, "item_id"));
  }

  static StoredItem storedItem(Map<String, AttributeValue> row) {
    return new StoredItem(
        keyOf(row),
        Attributes.number(row, "version"),
        Instant.ofEpochMilli(Attributes.number(row, "expire_time")),
        Attributes.bytes(row, "content"));
  }

  static Map<String, AttributeValue> itemKey(ItemKey key) {
    return Map.of(
        "interaction_id", Attributes.text(key.interactionId()),
        "item_id", Attributes.text(key.itemId()));
  }

  static Map<String, AttributeValue> itemRow(StoredItem item) {
    Map<String, AttributeValue> row = new HashMap<>(itemKey(item.key()));
    row.put("version", Attributes.number(item.version()));
    row.put("expire_time", millis(item.expireTime()));
    row.put("content", Attributes.bytes(item.content()));
    row.put(Attributes.REMOVAL_TIME, Attributes.removalTime(item.expireTime().toEpochMilli()));
    return row;
  }

  private CompletableFuture<Void> putItems(
      Operation operation, String interactionId, List<NewItem> items) {
    List<WriteRequest> writes =
        items.stream()
            .map(item ->
                new StoredItem(
                    new ItemKey(interactionId, item.itemId()),
                    0,
                    item.expireTime(),
                    item.content()))
            .map(item -> Batches.put(itemRow(item)))
            .toList();
    return Batches.write(operation, tables.items(), writes);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The interaction is looked at before, and again after: a removal that came between did not
   * see the item, so it is removed here.
   */
  @Override
  public CompletionStage<Boolean> putDerived(DerivedItem item) {
    String id = item.key().interactionId();
    return connection.operation(operation ->
        isLive(operation, id)
            .thenCompose(before ->
                before ? replaceDerived(operation, item) : CompletableFuture.completedFuture(false))
            .thenCompose(written ->
                written
                    ? isLive(operation, id)
                        .thenCompose(after ->
                            after
                                ? CompletableFuture.completedFuture(true)
                                : Batches.write(
                                        operation,
                                        tables.items(),
                                        List.of(Batches.delete(itemKey(item.key()))))
                                    .thenApply(done -> false))
                    : CompletableFuture.completedFuture(false)));
  }

  private CompletableFuture<Boolean> isLive(Operation operation, String interactionId) {
    return row(operation, interactionId)
        .thenApply(row -> row != null && row.seenAt(now(), retention.maxAge()).live().isPresent());
  }

  private CompletableFuture<Boolean> replaceDerived(Operation operation, DerivedItem item) {
    StoredItem stored =
        new StoredItem(item.key(), item.version(), item.expireTime(), item.content());
    return unlessConditionFails(
        operation.call(client ->
            client.putItem(request ->
                request
                    .tableName(tables.items())
                    .item(itemRow(stored))
                    .conditionExpression("attribute_not_exists(item_id) OR version <= :version")
                    .expressionAttributeValues(
                        Map.of(":version", Attributes.number(item.version()))))));
  }

  static CompletableFuture<Boolean> unlessConditionFails(CompletableFuture<?> write) {
    return write.handle((done, failure) -> {
      if (failure == null) {
        return true;
      }
      if (Failures.isCondition(failure)) {
        return false;
      }
      throw Failures.typed(failure);
    });
  }

  // --- Removal ---

  @Override
  public CompletionStage<Boolean> delete(String userId, String interactionId) {
    return connection.longOperation(operation -> {
      Instant now = now();
      return operation
          .call(client ->
              client.updateItem(request ->
                  request
                      .tableName(tables.interactions())
                      .key(InteractionRow.key(interactionId))
                      .updateExpression("SET deleting = :true")
                      .conditionExpression("user_id = :user")
                      .expressionAttributeValues(
                          Map.of(
                              ":true", AttributeValue.fromBool(true),
                              ":user", Attributes.text(userId)))
                      .returnValues(ReturnValue.ALL_OLD)
                      .returnValuesOnConditionCheckFailure(
                          ReturnValuesOnConditionCheckFailure.ALL_OLD)))
          .handle((response, failure) -> {
            if (failure == null) {
              InteractionRow row = Attributes.present(InteractionRow.read(response.attributes()));
              boolean wasLive = row.seenAt(now, retention.maxAge()).live().isPresent();
              return finishDeletion(operation, row, now).thenApply(done -> wasLive);
            }
            if (!Failures.isCondition(failure)) {
              return CompletableFuture.<Boolean>failedFuture(failure);
            }
            return rowThatFailed(operation, interactionId, failure)
                .thenApply(row -> {
                  if (row != null && row.entry() instanceof Live) {
                    throw Appended.otherUser();
                  }
                  return false;
                });
          })
          .thenCompose(Function.identity());
    });
  }

  /**
   * Removes what belongs to an interaction that is marked, then its entry. Of the items those that
   * it refers to, and derived ones: others under its key may be those of a write that begins it
   * anew.
   */
  private CompletableFuture<Void> finishDeletion(
      Operation operation, InteractionRow row, Instant now) {
    Interaction interaction = ((Live) row.entry()).interaction();
    String id = interaction.interactionId();
    List<WriteRequest> items = new ArrayList<>();
    interaction.events().stream()
        .flatMap(event -> event.items().stream())
        .map(ref -> new ItemKey(id, ref.itemId()))
        .distinct()
        .forEach(key -> items.add(Batches.delete(itemKey(key))));
    return Batches.write(operation, tables.items(), items)
        .thenCompose(done -> removeItems(operation, id, DerivedItem.PREFIX))
        .thenCompose(done -> removeFromIndex(operation, interaction, row.indexKey()))
        .thenCompose(done -> unlessConditionFails(replaceMarked(operation, interaction, now)))
        .thenApply(done -> null);
  }

  /** One that lived is forgotten; of one that had expired it is remembered that it had. */
  private CompletableFuture<?> replaceMarked(
      Operation operation, Interaction interaction, Instant now) {
    String id = interaction.interactionId();
    if (interaction.isLiveAt(now)) {
      return operation.call(client ->
          client.deleteItem(request ->
              request
                  .tableName(tables.interactions())
                  .key(InteractionRow.key(id))
                  .conditionExpression("attribute_exists(deleting)")));
    }
    return operation.call(client ->
        client.putItem(request ->
            request
                .tableName(tables.interactions())
                .item(InteractionRow.of(id, expired(interaction)))
                .conditionExpression("attribute_exists(deleting)")));
  }

  private Tombstone expired(Interaction interaction) {
    return new Tombstone(Gone.EXPIRED, interaction.expireTime().plus(retention.maxAge()));
  }

  private CompletableFuture<Void> removeFromIndex(
      Operation operation, Interaction interaction, String indexKey) {
    if (indexKey.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return Batches.write(
        operation,
        tables.index(),
        List.of(
            Batches.delete(InteractionIndex.key(InteractionIndex.owner(interaction), indexKey))));
  }

  private CompletableFuture<Void> removeItems(
      Operation operation, String interactionId, String idPrefix) {
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":interaction", Attributes.text(interactionId));
    String condition = "interaction_id = :interaction";
    if (!idPrefix.isEmpty()) {
      values.put(":prefix", Attributes.text(idPrefix));
      condition += " AND begins_with(item_id, :prefix)";
    }
    QueryRequest query =
        QueryRequest.builder()
            .tableName(tables.items())
            .consistentRead(true)
            .keyConditionExpression(condition)
            .expressionAttributeValues(values)
            .projectionExpression("interaction_id, item_id")
            .build();
    return Batches.query(
        operation,
        query,
        page ->
            Batches.write(
                    operation, tables.items(), page.items().stream().map(Batches::delete).toList())
                .thenApply(done -> true));
  }

  /**
   * Removes all of a user's interactions.
   *
   * @return how many of them lived
   */
  CompletableFuture<Long> deleteAllOf(Operation operation, String userId) {
    Instant now = now();
    AtomicLong live = new AtomicLong();
    return Batches.query(
            operation,
            InteractionIndex.all(tables.index(), InteractionIndex.ofUser(userId)).toBuilder()
                .limit(FILTERED_PAGE)
                .build(),
            page -> {
              List<CompletableFuture<Void>> removals = new ArrayList<>();
              for (var row : page.items()) {
                removals.add(
                    deleteWithUser(operation, userId, InteractionIndex.interactionId(row), now)
                        .thenAccept(wasLive -> live.addAndGet(wasLive ? 1 : 0)));
              }
              List<WriteRequest> rows =
                  page.items().stream()
                      .map(row ->
                          Batches.delete(
                              InteractionIndex.key(
                                  Attributes.text(row, InteractionIndex.OWNER),
                                  Attributes.text(row, InteractionIndex.END_AND_ID))))
                      .toList();
              // Last, so that what failed is found again.
              return Batches.all(removals)
                  .thenCompose(done -> Batches.write(operation, tables.index(), rows))
                  .thenApply(done -> true);
            })
        .thenApply(done -> live.get());
  }

  /**
   * Puts a tombstone in an interaction's place, which refuses all writes, then removes the rest.
   */
  private CompletableFuture<Boolean> deleteWithUser(
      Operation operation, String userId, String interactionId, Instant now) {
    Tombstone tombstone = new Tombstone(Gone.USER_DELETED, now.plus(retention.maxAge()));
    return operation
        .call(client ->
            client.putItem(request ->
                request
                    .tableName(tables.interactions())
                    .item(InteractionRow.of(interactionId, tombstone))
                    .conditionExpression(
                        "attribute_not_exists(interaction_id) OR user_id = :user OR gone = :gone")
                    .expressionAttributeValues(
                        Map.of(
                            ":user", Attributes.text(userId),
                            ":gone", Attributes.text(Gone.USER_DELETED.name())))
                    .returnValues(ReturnValue.ALL_OLD)))
        .thenApply(response -> {
          InteractionRow old = InteractionRow.read(response.attributes());
          return old != null && old.seenAt(now, retention.maxAge()).live().isPresent();
        })
        .thenCompose(wasLive -> removeItems(operation, interactionId, "").thenApply(d -> wasLive))
        .exceptionally(failure -> {
          if (Failures.isCondition(failure)) {
            return false; // Another user's, or expired and remembered as such.
          }
          throw Failures.typed(failure);
        });
  }

  private static AttributeValue millis(Instant time) {
    return Attributes.number(time.toEpochMilli());
  }
}
