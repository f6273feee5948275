package dev.earshot.store;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * All that outlives a request. Contents of profiles, context items and the catalogue are opaque
 * here: an encrypting layer ({@code store.crypto}), itself a {@code Store}, seals them with their
 * table, key, version and expiry as associated data before an implementation sees them.
 *
 * <p><b>Threads.</b> Thread-safe. No method blocks its caller or throws for a fault: every failure
 * comes through the stage, as {@link StoreException}. A stage completes on a thread of the store's
 * own, or on the caller's before the method returns; what depends on it must be short and must not
 * block, or move to another executor. Who does not need a result any more may cancel {@code
 * stage.toCompletableFuture()}: a remote store then tries no more; a cancelled write may or may not
 * have happened.
 *
 * <p><b>Acknowledgements.</b> A stage that completes without failure acknowledges the write: every
 * later read, by any caller, sees it. What it survives is each implementation's to document; at the
 * least, profiles, the catalogue, settings and removals survive the loss of power, interactions and
 * items the kill of the process (memory: nothing does).
 *
 * <p><b>Time.</b> Expiry goes by the clock that the store was made with, in milliseconds.
 */
public interface Store extends AutoCloseable {
  /** {@code memory}, {@code rocksdb} or {@code dynamodb}. */
  String kind();

  ProfileTable profiles();

  ContextStore context();

  CatalogLog catalog();

  Settings settings();

  SealedRecords sealedRecords();

  /**
   * Removes a user's profile, interactions, their items and what was derived from them: no later
   * read finds any. For as long as an interaction may live, late writes to those that were open
   * fail with {@code USER_DELETED}. A failed deletion may be done in part, and repeated.
   *
   * @param userId not empty
   */
  CompletionStage<DeletedUser> deleteUser(String userId);

  /**
   * What a deletion removed.
   *
   * @param profile whether there was one
   * @param interactions how many live ones
   */
  record DeletedUser(boolean profile, long interactions) {}

  /**
   * Removes what has expired. A store also does so by itself, as its documentation tells; where
   * removal is another's task this does nothing.
   *
   * @return how many interactions and items were removed
   */
  CompletionStage<Long> removeExpired();

  /** Whether nothing was ever stored but settings. */
  CompletionStage<Boolean> isEmpty();

  /** The size of each table. */
  CompletionStage<List<TableSize>> sizes();

  /**
   * A table's size, estimated; expired rows may count that are not yet removed.
   *
   * @param rows −1: not known
   * @param bytes on disk; −1: not known
   */
  record TableSize(Table table, long rows, long bytes) {}

  /** Lets go of the data. What was acknowledged stays; what comes later fails with CLOSED. */
  @Override
  void close();
}
