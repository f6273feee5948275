package dev.earshot.store.crypto;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.KeyStatus;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.XChaCha20Poly1305Parameters;
import com.google.crypto.tink.aead.XChaCha20Poly1305Parameters.Variant;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Keys of XChaCha20-Poly1305, whose nonces of 192 random bits do not run out: 2^80 values under one
 * key are safe. New values are sealed under the primary key; each sealed value names its key, and
 * all keys open. Immutable, thread-safe.
 *
 * <p>Rotation without downtime, with any number of instances: {@link #withNewKey}, and every
 * instance is given the keyset; then {@link #withPrimary}, and every instance is given it again;
 * then {@link EncryptedStore#reencrypt}; then {@link #without} the old key.
 */
public final class Keyset {
  private final KeysetHandle handle;
  private final Aead aead;

  Keyset(KeysetHandle handle) throws GeneralSecurityException {
    AeadConfig.register();
    this.handle = handle;
    this.aead = handle.getPrimitive(RegistryConfiguration.get(), Aead.class);
  }

  /**
   * A key, never its material.
   *
   * @param id within the keyset, 32 bits, not negative
   */
  public record Key(long id, boolean primary, boolean enabled) {}

  /** A keyset of one new key. */
  public static Keyset generate() {
    try {
      AeadConfig.register();
      return new Keyset(
          KeysetHandle.newBuilder()
              .addEntry(
                  KeysetHandle.generateEntryFromParameters(parameters())
                      .withRandomId()
                      .makePrimary())
              .build());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key could not be made", e);
    }
  }

  private static XChaCha20Poly1305Parameters parameters() {
    return XChaCha20Poly1305Parameters.create(Variant.TINK);
  }

  public List<Key> keys() {
    List<Key> keys = new ArrayList<>();
    for (int i = 0; i < handle.size(); i++) {
      KeysetHandle.Entry entry = handle.getAt(i);
      keys.add(
          new Key(
              Integer.toUnsignedLong(entry.getId()),
              entry.isPrimary(),
              entry.getStatus() == KeyStatus.ENABLED));
    }
    return keys;
  }

  public long primaryKeyId() {
    return Integer.toUnsignedLong(handle.getPrimary().getId());
  }

  /** The ids of the keys that open. */
  Set<Long> usableKeyIds() {
    Set<Long> ids = new TreeSet<>();
    for (Key key : keys()) {
      if (key.enabled()) {
        ids.add(key.id());
      }
    }
    return ids;
  }

  /** This keyset with a new key, which seals nothing yet. */
  public Keyset withNewKey() {
    try {
      KeysetHandle.Builder builder = KeysetHandle.newBuilder(handle);
      builder.addEntry(KeysetHandle.generateEntryFromParameters(parameters()).withRandomId());
      return new Keyset(builder.build());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key could not be made", e);
    }
  }

  /**
   * This keyset with another primary key.
   *
   * @throws KeysetException if there is no such key
   */
  public Keyset withPrimary(long keyId) throws KeysetException {
    int index = indexOf(keyId);
    try {
      KeysetHandle.Builder builder = KeysetHandle.newBuilder(handle);
      builder.getAt(index).makePrimary();
      return new Keyset(builder.build());
    } catch (GeneralSecurityException e) {
      throw new KeysetException("key " + keyId + " cannot become the primary one", e);
    }
  }

  /**
   * This keyset without a key. What was sealed under it cannot be opened any more.
   *
   * @throws KeysetException if there is no such key, or it is the primary one
   */
  public Keyset without(long keyId) throws KeysetException {
    int index = indexOf(keyId);
    if (keyId == primaryKeyId()) {
      throw new KeysetException(
          "key " + keyId + " is the primary one (promote another and re-encrypt first)");
    }
    try {
      return new Keyset(KeysetHandle.newBuilder(handle).deleteAt(index).build());
    } catch (GeneralSecurityException e) {
      throw new KeysetException("key " + keyId + " cannot be taken away", e);
    }
  }

  private int indexOf(long keyId) throws KeysetException {
    List<Key> keys = keys();
    for (int i = 0; i < keys.size(); i++) {
      if (keys.get(i).id() == keyId) {
        return i;
      }
    }
    throw new KeysetException(
        "no key "
            + keyId
            + " in the keyset (expected: one of "
            + keys.stream().map(Key::id).toList()
            + ")");
  }

  KeysetHandle handle() {
    return handle;
  }

  Aead aead() {
    return aead;
  }

  // Tink's own form names types and ids only; ours keeps to the ids.
  @Override
  public String toString() {
    return "Keyset" + keys();
  }
}
