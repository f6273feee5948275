package dev.earshot.store.crypto;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.KeyTemplates;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.KmsClient;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.aead.AeadConfig;
import java.security.GeneralSecurityException;
import org.jspecify.annotations.Nullable;

/** A KMS in this process, found as any other is, whose one key lives as long as the process. */
public final class LoopbackKms implements KmsClient {
  static final String URI = "loopback-kms://key";

  private static final Aead KEY = key();

  private static Aead key() {
    try {
      AeadConfig.register();
      return KeysetHandle.generateNew(KeyTemplates.get("AES256_GCM"))
          .getPrimitive(RegistryConfiguration.get(), Aead.class);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public boolean doesSupport(String keyUri) {
    return keyUri.startsWith("loopback-kms://");
  }

  @Override
  public KmsClient withCredentials(@Nullable String credentialPath) {
    return this;
  }

  @Override
  public KmsClient withDefaultCredentials() {
    return this;
  }

  @Override
  public Aead getAead(String keyUri) {
    return KEY;
  }
}
