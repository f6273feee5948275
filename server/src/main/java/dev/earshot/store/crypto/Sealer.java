package dev.earshot.store.crypto;

import dev.earshot.store.Bytes;
import dev.earshot.store.RecordKey;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;

/**
 * Seals contents under the primary key and opens those sealed under any, bound to the place they
 * stand in: table, record key, version and expiry are the associated data, so that a content opens
 * nowhere else. Thread-safe.
 */
final class Sealer {
  /** Tink's prefix of a sealed value: a byte 1, then the key's id, big-endian. */
  private static final int PREFIX = 5;

  private volatile Keyset keyset;

  Sealer(Keyset keyset) {
    this.keyset = keyset;
  }

  Keyset keyset() {
    return keyset;
  }

  void use(Keyset next) {
    keyset = next;
  }

  Bytes seal(RecordKey key, long version, long expireMillis, Bytes content) {
    return seal(keyset, key, version, expireMillis, content);
  }

  static Bytes seal(Keyset keyset, RecordKey key, long version, long expireMillis, Bytes content) {
    try {
      byte[] place = associatedData(key, version, expireMillis);
      return Bytes.wrap(keyset.aead().encrypt(content.array(), place));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a value could not be sealed", e);
    }
  }

  /**
   * Opens a sealed content.
   *
   * @throws StoreException UNREADABLE: its key is not in the keyset, or it was changed, or sealed
   *     for another place
   */
  Bytes open(RecordKey key, long version, long expireMillis, Bytes sealed) {
    return open(keyset, key, version, expireMillis, sealed);
  }

  static Bytes open(Keyset keyset, RecordKey key, long version, long expireMillis, Bytes sealed) {
    try {
      byte[] place = associatedData(key, version, expireMillis);
      return Bytes.wrap(keyset.aead().decrypt(sealed.array(), place));
    } catch (GeneralSecurityException e) {
      long id = keyId(sealed);
      throw new StoreException(
          Kind.UNREADABLE,
          "a value of "
              + key.table().label()
              + (keyset.usableKeyIds().contains(id)
                  ? " fails its authentication: it was changed or moved"
                  : " was sealed under a key that is not in the keyset: " + id),
          e);
    }
  }

  /** The key that a content was sealed under; −1: it is no sealed content. */
  static long keyId(Bytes sealed) {
    if (sealed.size() < PREFIX || sealed.array()[0] != 1) {
      return -1;
    }
    return Integer.toUnsignedLong(ByteBuffer.wrap(sealed.array()).getInt(1));
  }

  private static byte[] associatedData(RecordKey key, long version, long expireMillis) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      write(out, key.table().label());
      out.writeInt(key.parts().size());
      for (String part : key.parts()) {
        write(out, part);
      }
      out.writeLong(version);
      out.writeLong(expireMillis);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }
}
