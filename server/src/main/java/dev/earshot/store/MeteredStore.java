package dev.earshot.store;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A store whose operations are timed and whose failures are counted by kind: {@code earshot.store}
 * by table and operation, from the call to its completion, {@code earshot.store.errors} by kind,
 * refusals too, and {@code earshot.store.unreadable} for items that a batch read left out. Faults
 * are logged, now and then. Thread-safe.
 */
public final class MeteredStore implements Store {
  private final Store store;
  private final MeterRegistry registry;
  private final FaultLog faults;

  /**
   * @param nanoTime as {@link System#nanoTime}: when the log was last told of a fault
   */
  public MeteredStore(Store store, MeterRegistry registry, LongSupplier nanoTime) {
    this.store = store;
    this.registry = registry;
    this.faults = new FaultLog(nanoTime);
  }

  private Timer timer(Table table, String operation) {
    return Timer.builder("earshot.store")
        .description("From a call of the store to its completion")
        .tags("table", table.label(), "operation", operation)
        .serviceLevelObjectives(
            Duration.ofNanos(50_000),
            Duration.ofNanos(200_000),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(15),
            Duration.ofMillis(100))
        .register(registry);
  }

  private <T> CompletionStage<T> timed(Timer timer, Supplier<CompletionStage<T>> operation) {
    Timer.Sample sample = Timer.start(registry);
    CompletionStage<T> stage = operation.get();
    stage.whenComplete((result, failure) -> {
      sample.stop(timer);
      if (failure != null) {
        count(failure);
      }
    });
    // The store's own, so that cancelling it reaches the store.
    return stage;
  }

  private void count(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String kind = "unexpected";
    if (cause instanceof StoreException known) {
      kind = known.kind().name().toLowerCase(Locale.ROOT);
      faults.failed(known);
    }
    registry.counter("earshot.store.errors", "kind", kind).increment();
  }

  @Override
  public String kind() {
    return store.kind();
  }

  @Override
  public ProfileTable profiles() {
    return new MeteredProfiles(store.profiles());
  }

  @Override
  public ContextStore context() {
    return new MeteredContext(store.context());
  }

  @Override
  public CatalogLog catalog() {
    return store.catalog();
  }

  @Override
  public Settings settings() {
    return store.settings();
  }

  @Override
  public SealedRecords sealedRecords() {
    return store.sealedRecords();
  }

  @Override
  public CompletionStage<DeletedUser> deleteUser(String userId) {
    return timed(timer(Table.PROFILES, "delete_user"), () -> store.deleteUser(userId));
  }

  @Override
  public CompletionStage<Long> removeExpired() {
    return store.removeExpired();
  }

  @Override
  public CompletionStage<Boolean> isEmpty() {
    return store.isEmpty();
  }

  @Override
  public CompletionStage<List<TableSize>> sizes() {
    return store.sizes();
  }

  @Override
  public void close() {
    store.close();
  }

  private final class MeteredProfiles implements ProfileTable {
    private final ProfileTable table;
    private final Timer get = timer(Table.PROFILES, "get");
    private final Timer put = timer(Table.PROFILES, "put");
    private final Timer delete = timer(Table.PROFILES, "delete");
    private final Timer list = timer(Table.PROFILES, "list");

    MeteredProfiles(ProfileTable table) {
      this.table = table;
    }

    @Override
    public CompletionStage<Optional<Row>> get(String userId) {
      return timed(get, () -> table.get(userId));
    }

    @Override
    public CompletionStage<Boolean> put(Row row, long expectedVersion) {
      return timed(put, () -> table.put(row, expectedVersion));
    }

    @Override
    public CompletionStage<Boolean> delete(String userId) {
      return timed(delete, () -> table.delete(userId));
    }

    @Override
    public CompletionStage<Page> list(String afterUserId, int limit) {
      return timed(list, () -> table.list(afterUserId, limit));
    }
  }

  private final class MeteredContext implements ContextStore {
    private final ContextStore context;
    private final Timer append = timer(Table.INTERACTIONS, "append");
    private final Timer get = timer(Table.INTERACTIONS, "get");
    private final Timer ofDialogue = timer(Table.INTERACTIONS, "of_dialogue");
    private final Timer ofUser = timer(Table.INTERACTIONS, "of_user");
    private final Timer delete = timer(Table.INTERACTIONS, "delete");
    private final Timer items = timer(Table.CONTEXT_ITEMS, "get");
    private final Timer putDerived = timer(Table.CONTEXT_ITEMS, "put_derived");

    MeteredContext(ContextStore context) {
      this.context = context;
    }

    @Override
    public CompletionStage<Interaction> append(InteractionWrite write) {
      return timed(append, () -> context.append(write));
    }

    @Override
    public CompletionStage<InteractionRead> get(String interactionId) {
      return timed(get, () -> context.get(interactionId));
    }

    @Override
    public CompletionStage<List<Interaction>> ofDialogue(
        String userId, String dialogueId, int limit) {
      return timed(ofDialogue, () -> context.ofDialogue(userId, dialogueId, limit));
    }

    @Override
    public CompletionStage<List<Interaction>> ofUser(String userId, int limit) {
      return timed(ofUser, () -> context.ofUser(userId, limit));
    }

    @Override
    public CompletionStage<StoredItem.Batch> items(List<ItemKey> keys) {
      return timed(items, () -> context.items(keys)).thenApply(this::counted);
    }

    private StoredItem.Batch counted(StoredItem.Batch batch) {
      if (!batch.unreadable().isEmpty()) {
        registry.counter("earshot.store.unreadable").increment(batch.unreadable().size());
      }
      return batch;
    }

    @Override
    public CompletionStage<Boolean> putDerived(DerivedItem item) {
      return timed(putDerived, () -> context.putDerived(item));
    }

    @Override
    public CompletionStage<Boolean> delete(String userId, String interactionId) {
      return timed(delete, () -> context.delete(userId, interactionId));
    }
  }
}
