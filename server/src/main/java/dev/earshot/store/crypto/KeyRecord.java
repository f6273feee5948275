package dev.earshot.store.crypto;

import dev.earshot.store.Bytes;
import dev.earshot.store.RecordKey;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a store knows of its keys, under the setting {@value #SETTING}: the ids of all keys that
 * values may have been sealed under, and a secret of the store's own, sealed. A keyset that lacks
 * one of these keys, or does not open the secret, is not the store's. As bytes: how many ids, the
 * ids, 4 bytes each, then the sealed secret. Immutable.
 *
 * @param keyIds ascending
 */
record KeyRecord(Set<Long> keyIds, Bytes sealedSecret) {
  static final String SETTING = "keys";

  private static final RecordKey PLACE = RecordKey.setting(SETTING);

  KeyRecord {
    keyIds = new TreeSet<>(keyIds);
  }

  static KeyRecord sealed(Keyset keyset, Collection<Long> keyIds, Bytes secret) {
    Set<Long> ids = new TreeSet<>(keyIds);
    ids.add(keyset.primaryKeyId());
    return new KeyRecord(ids, Sealer.seal(keyset, PLACE, 0, 0, secret));
  }

  /**
   * The store's secret.
   *
   * @throws StoreException KEY_MISSING: the keyset is not the store's
   */
  Bytes secret(Keyset keyset) {
    requireKeysIn(keyset);
    try {
      return Sealer.open(keyset, PLACE, 0, 0, sealedSecret);
    } catch (StoreException e) {
      throw new StoreException(
          Kind.KEY_MISSING,
          "the keyset has keys of the same ids as the store's, but they are others (expected: the"
              + " keyset that the store was made with)",
          e);
    }
  }

  /**
   * Checks that a keyset has all keys that values may need.
   *
   * @throws StoreException KEY_MISSING, naming those that it lacks
   */
  void requireKeysIn(Keyset keyset) {
    Set<Long> missing = new TreeSet<>(keyIds);
    missing.removeAll(keyset.usableKeyIds());
    if (!missing.isEmpty()) {
      throw new StoreException(
          Kind.KEY_MISSING,
          "the keyset lacks keys that stored values need: "
              + missing
              + " (it has "
              + keyset.usableKeyIds()
              + "; expected: the keyset that the store was made with)");
    }
  }

  Bytes encode() {
    ByteBuffer out = ByteBuffer.allocate((1 + keyIds.size()) * Integer.BYTES + sealedSecret.size());
    out.putInt(keyIds.size());
    keyIds.forEach(id -> out.putInt(id.intValue()));
    out.put(sealedSecret.array());
    return Bytes.wrap(out.array());
  }

  static KeyRecord decode(Bytes bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes.array());
    int count = bytes.size() < Integer.BYTES ? -1 : in.getInt();
    if (count < 1 || count > (bytes.size() - Integer.BYTES) / Integer.BYTES) {
      throw new StoreException(Kind.UNREADABLE, "the store's record of its keys is broken");
    }
    Set<Long> ids = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      ids.add(Integer.toUnsignedLong(in.getInt()));
    }
    return new KeyRecord(
        ids, Bytes.wrap(Arrays.copyOfRange(bytes.array(), in.position(), bytes.size())));
  }
}
