package dev.earshot.store;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What changed in the catalogue, by version: every instance that applies the entries in order, from
 * a snapshot on, arrives at the same catalogue. Thread-safe; no method blocks its caller.
 */
public interface CatalogLog {
  /** The most bytes of an entry's or a snapshot's content. */
  int MAX_BYTES = 64 << 20;

  /**
   * A change, or all that had changed up to a version.
   *
   * @param version of the catalogue with it applied, from 1
   * @param content the catalogue's own; sealed on its way to the disk
   */
  record Entry(long version, Bytes content) {}

  /** The version of the last entry, of the snapshot if none follows it; 0: there is neither. */
  CompletionStage<Long> version();

  /**
   * Appends an entry if its version is the next one, atomically. Acknowledged, it survives power
   * loss.
   *
   * @return false if the log has moved on, and nothing was written
   */
  CompletionStage<Boolean> append(Entry entry);

  /**
   * Entries in the order of their versions, without a gap.
   *
   * @param afterVersion 0: from the beginning
   * @param limit at most so many; fewer do not mean the end, none does. Fails with {@code
   *     COMPACTED} if entries after that version were replaced by a snapshot
   */
  CompletionStage<List<Entry>> read(long afterVersion, int limit);

  /**
   * Keeps all that changed up to a version and removes the entries up to there.
   *
   * @param snapshot of a version that the log has
   * @return false if there is a snapshot of that version or a later one
   */
  CompletionStage<Boolean> putSnapshot(Entry snapshot);

  /** The latest snapshot. */
  CompletionStage<Optional<Entry>> snapshot();
}
