package dev.earshot.store.crypto;

import dev.earshot.store.CatalogLog;
import dev.earshot.store.RecordKey;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The catalogue's log, sealed on its way in and opened on its way out. */
final class EncryptedCatalog implements CatalogLog {
  private final CatalogLog log;
  private final EncryptedStore crypto;

  EncryptedCatalog(CatalogLog log, EncryptedStore crypto) {
    this.log = log;
    this.crypto = crypto;
  }

  @Override
  public CompletionStage<Long> version() {
    return log.version();
  }

  @Override
  public CompletionStage<Boolean> append(Entry entry) {
    return crypto.sealing(
        entry.content().size(),
        () -> log.append(seal(RecordKey.catalogEntry(entry.version()), entry)));
  }

  @Override
  public CompletionStage<List<Entry>> read(long afterVersion, int limit) {
    return log.read(afterVersion, limit)
        .thenApply(entries ->
            entries.stream()
                .map(entry -> open(RecordKey.catalogEntry(entry.version()), entry))
                .toList());
  }

  @Override
  public CompletionStage<Boolean> putSnapshot(Entry snapshot) {
    return crypto.sealing(
        snapshot.content().size(),
        () -> log.putSnapshot(seal(RecordKey.catalogSnapshot(snapshot.version()), snapshot)));
  }

  @Override
  public CompletionStage<Optional<Entry>> snapshot() {
    return log.snapshot()
        .thenApply(found ->
            found.map(snapshot -> open(RecordKey.catalogSnapshot(snapshot.version()), snapshot)));
  }

  private Entry seal(RecordKey key, Entry entry) {
    return new Entry(entry.version(), crypto.seal(key, entry.version(), 0, entry.content()));
  }

  private Entry open(RecordKey key, Entry entry) {
    return new Entry(entry.version(), crypto.open(key, entry.version(), 0, entry.content()));
  }
}
