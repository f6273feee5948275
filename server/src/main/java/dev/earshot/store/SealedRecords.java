package dev.earshot.store;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The contents that an encrypting layer made, whatever they mean, for encrypting them anew.
 * Thread-safe; no method blocks its caller.
 */
public interface SealedRecords {
  /** The tables that hold such contents. */
  List<Table> TABLES = List.of(Table.PROFILES, Table.CONTEXT_ITEMS, Table.CATALOG);

  /**
   * A record.
   *
   * @param version as it was written with: of a profile its own, of a derived item its
   *     interaction's, of the catalogue the entry's; else 0
   * @param expireMillis since the epoch; 0: never
   */
  record Sealed(RecordKey key, long version, long expireMillis, Bytes content) {}

  /**
   * A page.
   *
   * @param cursor where to go on; empty: this was the last page
   */
  record Scan(List<Sealed> records, String cursor) {
    public Scan {
      records = List.copyOf(records);
    }
  }

  /**
   * Records of a table in an order that does not change; what is written meanwhile may be missing.
   * A page may be empty before the end.
   *
   * @param table one of {@link #TABLES}
   * @param cursor of the page before; empty: the first
   * @param limit at most so many, at least 1
   */
  CompletionStage<Scan> scan(Table table, String cursor, int limit);

  /**
   * Writes another content in place of a record's, if the record is still the one read. Changes
   * nothing else: neither version nor expiry.
   *
   * @return false if the record has changed or is gone, and nothing was written
   */
  CompletionStage<Boolean> replace(Sealed record, Bytes content);
}
