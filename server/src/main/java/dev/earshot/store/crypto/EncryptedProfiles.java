package dev.earshot.store.crypto;

import dev.earshot.store.ProfileTable;
import dev.earshot.store.RecordKey;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Profiles, sealed on their way in and opened on their way out. */
final class EncryptedProfiles implements ProfileTable {
  private final ProfileTable table;
  private final EncryptedStore crypto;

  EncryptedProfiles(ProfileTable table, EncryptedStore crypto) {
    this.table = table;
    this.crypto = crypto;
  }

  @Override
  public CompletionStage<Optional<Row>> get(String userId) {
    return table.get(userId).thenApply(row -> row.map(this::open));
  }

  private Row open(Row row) {
    RecordKey key = RecordKey.profile(row.userId());
    return new Row(row.userId(), row.version(), crypto.open(key, row.version(), 0, row.content()));
  }

  @Override
  public CompletionStage<Boolean> put(Row row, long expectedVersion) {
    RecordKey key = RecordKey.profile(row.userId());
    return crypto.sealing(
        row.content().size(),
        () ->
            table.put(
                new Row(
                    row.userId(), row.version(), crypto.seal(key, row.version(), 0, row.content())),
                expectedVersion));
  }

  @Override
  public CompletionStage<Boolean> delete(String userId) {
    return table.delete(userId);
  }

  @Override
  public CompletionStage<Page> list(String afterUserId, int limit) {
    return table
        .list(afterUserId, limit)
        .thenApply(page -> new Page(page.rows().stream().map(this::open).toList(), page.more()));
  }
}
