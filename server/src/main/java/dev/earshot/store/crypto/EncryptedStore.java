package dev.earshot.store.crypto;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.ContextStore;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.RecordKey;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.SealedRecords.Scan;
import dev.earshot.store.SealedRecords.Sealed;
import dev.earshot.store.Settings;
import dev.earshot.store.Store;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.Table;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A store whose profiles, context items and catalogue are sealed before another store sees them.
 * Entries of interactions hold no text and stay as they are, but for their events' fingerprints,
 * which become keyed digests.
 *
 * <p>A value that was changed, moved to another place or sealed under a key that is not there fails
 * its read with UNREADABLE. Small contents are sealed on the caller's thread, in microseconds,
 * large ones on an executor; they are opened on the thread that read them. Thread-safe.
 */
public final class EncryptedStore implements Store {
  /** Contents of at least so many bytes in all are sealed on the executor. */
  private static final int LARGE = 16 << 10;

  private static final int SECRET_BYTES = 32;
  private static final int SCAN = 256;

  /** So often is all looked at again for what another instance sealed under an old key. */
  private static final int MAX_PASSES = 5;

  private final Store store;
  private final Sealer sealer;
  private final Executor executor;
  private final EncryptedProfiles profiles;
  private final EncryptedContext context;
  private final EncryptedCatalog catalog;
  private volatile Progress lastProgress = new Progress(0, 0, 0, 0);

  private EncryptedStore(Store store, Sealer sealer, Bytes secret, Executor executor) {
    this.store = store;
    this.sealer = sealer;
    this.executor = executor;
    this.profiles = new EncryptedProfiles(store.profiles(), this);
    this.context = new EncryptedContext(store.context(), this, secret);
    this.catalog = new EncryptedCatalog(store.catalog(), this);
  }

  /**
   * Puts encryption before a store; blocks. An empty store is bound to the keyset; one that is
   * bound already must be bound to this one.
   *
   * @param executor seals what is large
   * @param random of the store's secret, if it is new
   * @throws StoreException KEY_MISSING: the keyset is not the store's; FORMAT: the store has
   *     contents that were not sealed; or a fault. The store is not closed
   */
  public static EncryptedStore open(
      Store store, Keyset keyset, Executor executor, SecureRandom random) {
    Optional<KeyRecord> record = record(store);
    if (record.isEmpty()) {
      if (!await(store.isEmpty())) {
        throw new StoreException(
            Kind.FORMAT, "the store has contents, but no record of the keys they are sealed under");
      }
      byte[] secret = new byte[SECRET_BYTES];
      random.nextBytes(secret);
      KeyRecord first = KeyRecord.sealed(keyset, Set.of(), Bytes.wrap(secret));
      // Where another instance was faster, its record is the store's.
      await(store.settings().replace(KeyRecord.SETTING, Optional.empty(), first.encode()));
      record = record(store);
    }
    Bytes secret = record.orElseThrow().secret(keyset);
    EncryptedStore encrypted = new EncryptedStore(store, new Sealer(keyset), secret, executor);
    encrypted.register(keyset);
    return encrypted;
  }

  /** Whether a store was bound to a keyset; blocks. */
  public static boolean isBound(Store store) {
    return record(store).isPresent();
  }

  private static Optional<KeyRecord> record(Store store) {
    return await(store.settings().get(KeyRecord.SETTING)).map(KeyRecord::decode);
  }

  /** Waits, and throws the store's own failure. */
  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreException failure ? failure : e;
    }
  }

  /** Records that values may be sealed under a keyset's primary key, before any is. */
  private void register(Keyset keyset) {
    while (true) {
      Bytes current = await(store.settings().get(KeyRecord.SETTING)).orElseThrow();
      KeyRecord record = KeyRecord.decode(current);
      record.requireKeysIn(keyset);
      if (record.keyIds().contains(keyset.primaryKeyId())) {
        return;
      }
      KeyRecord next = KeyRecord.sealed(keyset, record.keyIds(), record.secret(keyset));
      if (await(store.settings().replace(KeyRecord.SETTING, Optional.of(current), next.encode()))) {
        return;
      }
    }
  }

  /** The keyset in use. */
  public Keyset keyset() {
    return sealer.keyset();
  }

  /**
   * Uses another keyset from now on; blocks.
   *
   * @throws StoreException KEY_MISSING: it lacks a key that stored values need, and the one before
   *     stays in use; or a fault
   */
  public void use(Keyset keyset) {
    register(keyset);
    sealer.use(keyset);
  }

  /** The ids of all keys that stored values may need; blocks. */
  public Set<Long> neededKeyIds() {
    return Set.copyOf(record(store).orElseThrow().keyIds());
  }

  /**
   * How far a re-encryption is.
   *
   * @param done records looked at
   * @param total estimated
   * @param reencrypted records sealed anew
   * @param unreadable records that no key opens; they stay as they are
   */
  public record Progress(long done, long total, long reencrypted, long unreadable) {}

  /**
   * Seals all that is sealed under other keys anew under the primary one, while requests go on;
   * blocks. May be run again after it was cut off. Done without unreadable records, the other keys
   * are not needed any more.
   *
   * @param listener is told after every page
   * @return the progress at the end
   * @throws StoreException a fault; what was sealed anew stays so
   */
  public Progress reencrypt(Consumer<Progress> listener) {
    Keyset keyset = keyset();
    long total =
        await(store.sizes()).stream()
            .filter(size -> SealedRecords.TABLES.contains(size.table()))
            .mapToLong(size -> Math.max(0, size.rows()))
            .sum();
    long reencrypted = 0;
    Pass pass;
    int passes = 0;
    do {
      pass = new Pass(keyset, total, reencrypted, listener);
      for (Table table : SealedRecords.TABLES) {
        pass.run(table);
      }
      reencrypted = pass.reencrypted;
      passes++;
    } while (pass.found > 0 && passes < MAX_PASSES);
    Progress progress = pass.progress();
    if (pass.found == 0 && pass.unreadable == 0) {
      forgetOtherKeys(keyset);
    }
    return progress;
  }

  /** How far the running or last re-encryption is, 0 to 1; 1 if there was none. */
  public double reencryptedShare() {
    Progress progress = lastProgress;
    return progress.total() == 0 ? 1 : (double) progress.done() / progress.total();
  }

  private void forgetOtherKeys(Keyset keyset) {
    Bytes current = await(store.settings().get(KeyRecord.SETTING)).orElseThrow();
    KeyRecord record = KeyRecord.decode(current);
    KeyRecord next = KeyRecord.sealed(keyset, Set.of(), record.secret(keyset));
    // Where another instance has changed it meanwhile, nothing is forgotten.
    await(store.settings().replace(KeyRecord.SETTING, Optional.of(current), next.encode()));
  }

  /** One look at every record. */
  private final class Pass {
    private final Keyset keyset;
    private final long total;
    private final Consumer<Progress> listener;
    private long done;
    private long found;
    private long reencrypted;
    private long unreadable;

    Pass(Keyset keyset, long total, long reencrypted, Consumer<Progress> listener) {
      this.keyset = keyset;
      this.total = total;
      this.reencrypted = reencrypted;
      this.listener = listener;
    }

    void run(Table table) {
      String cursor = "";
      do {
        Scan scan = await(store.sealedRecords().scan(table, cursor, SCAN));
        for (Sealed record : scan.records()) {
          done++;
          if (Sealer.keyId(record.content()) != keyset.primaryKeyId()) {
            seal(record);
          }
        }
        lastProgress = progress();
        listener.accept(lastProgress);
        cursor = scan.cursor();
      } while (!cursor.isEmpty());
    }

    private void seal(Sealed record) {
      Bytes content;
      try {
        content =
            Sealer.open(
                keyset, record.key(), record.version(), record.expireMillis(), record.content());
      } catch (StoreException e) {
        unreadable++;
        return;
      }
      found++;
      Bytes anew =
          Sealer.seal(keyset, record.key(), record.version(), record.expireMillis(), content);
      if (await(store.sealedRecords().replace(record, anew))) {
        reencrypted++;
      }
    }

    Progress progress() {
      return new Progress(done, Math.max(total, done), reencrypted, unreadable);
    }
  }

  // --- For the tables ---

  Bytes seal(RecordKey key, long version, long expireMillis, Bytes content) {
    return sealer.seal(key, version, expireMillis, content);
  }

  Bytes open(RecordKey key, long version, long expireMillis, Bytes sealed) {
    return sealer.open(key, version, expireMillis, sealed);
  }

  /** Runs work on contents of a size here or, if they are large, on the executor. */
  <T> CompletionStage<T> sealing(long bytes, Supplier<CompletionStage<T>> work) {
    return bytes < LARGE
        ? work.get()
        : CompletableFuture.supplyAsync(work, executor).thenCompose(stage -> stage);
  }

  @Override
  public String kind() {
    return store.kind();
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
    return store.settings();
  }

  @Override
  public SealedRecords sealedRecords() {
    return store.sealedRecords();
  }

  @Override
  public CompletionStage<DeletedUser> deleteUser(String userId) {
    return store.deleteUser(userId);
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

  /** Closes the store behind it too. */
  @Override
  public void close() {
    store.close();
  }

  @Override
  public String toString() {
    return "EncryptedStore[" + store.kind() + "]";
  }
}
