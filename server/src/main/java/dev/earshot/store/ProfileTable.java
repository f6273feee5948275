package dev.earshot.store;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Keeps profiles as strings of bytes; {@link StoredProfiles} gives them their meaning. Thread-safe;
 * no method blocks its caller.
 */
public interface ProfileTable {
  /**
   * A profile.
   *
   * @param version counts its writes, from 1
   * @param content as {@link StoredProfiles} makes it; sealed on its way to the disk
   */
  record Row(String userId, long version, Bytes content) {
    @Override
    public String toString() {
      return "Row[version=" + version + ", content=" + content + "]";
    }
  }

  /**
   * A page.
   *
   * @param more whether there are rows after the last of these
   */
  record Page(List<Row> rows, boolean more) {
    public Page {
      rows = List.copyOf(rows);
    }
  }

  /** A profile, all acknowledged writes in it. */
  CompletionStage<Optional<Row>> get(String userId);

  /**
   * Writes a row if the stored version is the one expected, atomically.
   *
   * @param row its version is {@code expectedVersion + 1}
   * @param expectedVersion 0: there is none
   * @return false if the stored version is another, and nothing was written. Fails with {@code
   *     TOO_LARGE} where the store takes no such large value
   */
  CompletionStage<Boolean> put(Row row, long expectedVersion);

  /**
   * Removes a profile and nothing else of its user; {@link Store#deleteUser} removes all.
   *
   * @return false if there was none
   */
  CompletionStage<Boolean> delete(String userId);

  /**
   * Profiles in an order that does not change.
   *
   * @param afterUserId where to go on: the last id of the page before, or an empty string
   * @param limit at most so many; there may be fewer before the end, but at least one
   */
  CompletionStage<Page> list(String afterUserId, int limit);
}
