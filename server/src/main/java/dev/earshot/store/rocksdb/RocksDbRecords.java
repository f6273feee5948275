package dev.earshot.store.rocksdb;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.ItemKey;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.RecordKey;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.Table;
import dev.earshot.store.rocksdb.RocksDb.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.rocksdb.RocksDBException;

/** The sealed contents of all tables. A cursor is the last key, in the form of its table. */
final class RocksDbRecords implements SealedRecords {
  private final RocksDb db;
  private final RocksDbProfiles profiles;
  private final RocksDbContext context;
  private final RocksDbCatalog catalog;

  RocksDbRecords(
      RocksDb db, RocksDbProfiles profiles, RocksDbContext context, RocksDbCatalog catalog) {
    this.db = db;
    this.profiles = profiles;
    this.context = context;
    this.catalog = catalog;
  }

  @Override
  public CompletionStage<Scan> scan(Table table, String cursor, int limit) {
    return db.read(() ->
        switch (table) {
          case PROFILES -> scan(Family.PROFILES, table, cursor, limit);
          case CONTEXT_ITEMS -> scan(Family.ITEMS, table, cursor, limit);
          case CATALOG -> scanCatalog(cursor, limit);
          case INTERACTIONS, SETTINGS -> throw new IllegalArgumentException(table.label());
        });
  }

  private Scan scan(Family family, Table table, String cursor, int limit) throws RocksDBException {
    List<Sealed> records = new ArrayList<>();
    String[] next = {""};
    db.visit(
        family,
        Keys.of(cursor),
        new byte[0],
        (key, value) -> {
          String id = Keys.string(key);
          if (id.equals(cursor)) {
            return true;
          }
          if (records.size() == limit) {
            next[0] = String.join("\0", records.get(limit - 1).key().parts());
            return false;
          }
          Versioned versioned = Versioned.decode(value);
          records.add(
              new Sealed(
                  new RecordKey(table, List.of(id.split("\0"))),
                  versioned.version(),
                  versioned.expireMillis(),
                  versioned.content()));
          return true;
        });
    return new Scan(records, next[0]);
  }

  private Scan scanCatalog(String cursor, int limit) throws RocksDBException {
    CatalogLog.Entry snapshot = catalog.latestSnapshot();
    if (cursor.isEmpty() && snapshot != null) {
      return new Scan(
          List.of(
              new Sealed(
                  RecordKey.catalogSnapshot(snapshot.version()),
                  snapshot.version(),
                  0,
                  snapshot.content())),
          Long.toString(snapshot.version()));
    }
    long after = cursor.isEmpty() ? 0 : Long.parseLong(cursor);
    List<Sealed> records =
        catalog.entries(after, limit).stream()
            .map(entry ->
                new Sealed(
                    RecordKey.catalogEntry(entry.version()), entry.version(), 0, entry.content()))
            .toList();
    return new Scan(
        records, records.size() < limit ? "" : Long.toString(records.get(limit - 1).version()));
  }

  @Override
  public CompletionStage<Boolean> replace(Sealed record, Bytes content) {
    List<String> parts = record.key().parts();
    return db.write(() ->
        switch (record.key().table()) {
          case PROFILES ->
              profiles.replace(
                  new ProfileTable.Row(parts.get(0), record.version(), record.content()), content);
          case CONTEXT_ITEMS ->
              context.replaceItem(
                  new ItemKey(parts.get(0), parts.get(1)),
                  new Versioned(record.version(), record.expireMillis(), record.content()),
                  content);
          case CATALOG -> {
            CatalogLog.Entry entry = new CatalogLog.Entry(record.version(), record.content());
            yield record.key().equals(RecordKey.catalogSnapshot(record.version()))
                ? catalog.replaceSnapshot(entry, content)
                : catalog.replaceEntry(entry, content);
          }
          case INTERACTIONS, SETTINGS ->
              throw new IllegalArgumentException(record.key().table().label());
        });
  }
}
