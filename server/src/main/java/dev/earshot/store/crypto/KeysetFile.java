package dev.earshot.store.crypto;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.KmsClient;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.EnumSet;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a keyset is kept: a file in Tink's JSON format, which Tink's own tool {@code tinkey} reads
 * and writes too. In the clear, readable by its owner alone, or wrapped by a key of a KMS.
 *
 * <p>A KMS is found by its URI ({@code aws-kms://…}, {@code gcp-kms://…}, {@code hcvault://…})
 * among the {@link KmsClient}s on the class path: Tink's integrations, which bring their vendor's
 * SDK, are put there by who wants one. Its default credentials are used.
 */
public final class KeysetFile {
  private static final Logger log = LoggerFactory.getLogger(KeysetFile.class);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private static final byte[] NO_ASSOCIATED_DATA = new byte[0];

  private final Path path;
  private final @Nullable String kmsUri;

  /**
   * A keyset's place; nothing is read yet.
   *
   * @param kmsUri of the key that wraps it; null: none does
   */
  public KeysetFile(Path path, @Nullable String kmsUri) {
    this.path = path;
    this.kmsUri = kmsUri;
  }

  public Path path() {
    return path;
  }

  public boolean exists() {
    return Files.exists(path);
  }

  /**
   * Reads the keyset.
   *
   * @throws KeysetException if it is not there or cannot be read
   */
  public Keyset read() throws KeysetException {
    String json;
    try {
      json = Files.readString(path);
      warnIfOthersCanRead();
    } catch (NoSuchFileException e) {
      throw new KeysetException("the keyset " + path + " is not there", e);
    } catch (IOException e) {
      throw new KeysetException("the keyset " + path + " cannot be read: " + e.getMessage(), e);
    }
    try {
      AeadConfig.register();
      KeysetHandle handle =
          kmsUri == null
              ? TinkJsonProtoKeysetFormat.parseKeyset(json, InsecureSecretKeyAccess.get())
              : TinkJsonProtoKeysetFormat.parseEncryptedKeyset(
                  json, kms(kmsUri), NO_ASSOCIATED_DATA);
      return new Keyset(handle);
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new KeysetException(
          "the keyset "
              + path
              + " cannot be used: "
              + e.getMessage()
              + (kmsUri == null
                  ? " (expected: Tink's JSON, in the clear; name the KMS if it is wrapped by one)"
                  : " (expected: Tink's JSON, wrapped by " + kmsUri + ")"),
          e);
    }
  }

  private void warnIfOthersCanRead() throws IOException {
    boolean isOwners =
        !Files.getFileStore(path).supportsFileAttributeView("posix")
            || OWNER_ONLY.containsAll(Files.getPosixFilePermissions(path));
    if (kmsUri == null && !isOwners) {
      log.warn("{} can be read by others than its owner (expected: mode 600)", path);
    }
  }

  /**
   * Writes a keyset where there is none.
   *
   * @throws KeysetException if there is one, or it cannot be written
   */
  public void create(Keyset keyset) throws KeysetException {
    if (exists()) {
      throw new KeysetException("there is a keyset at " + path + " already");
    }
    write(keyset, false);
  }

  /**
   * Writes a keyset in place of the one that is there, at once: a reader finds the one or the
   * other.
   *
   * @throws KeysetException if it cannot be written
   */
  public void replace(Keyset keyset) throws KeysetException {
    write(keyset, true);
  }

  private void write(Keyset keyset, boolean replace) throws KeysetException {
    String json;
    try {
      json =
          kmsUri == null
              ? TinkJsonProtoKeysetFormat.serializeKeyset(
                  keyset.handle(), InsecureSecretKeyAccess.get())
              : TinkJsonProtoKeysetFormat.serializeEncryptedKeyset(
                  keyset.handle(), kms(kmsUri), NO_ASSOCIATED_DATA);
    } catch (GeneralSecurityException e) {
      throw new KeysetException("the keyset cannot be wrapped: " + e.getMessage(), e);
    }
    Path absolute = path.toAbsolutePath();
    Path partial = absolute.resolveSibling(absolute.getFileName() + "." + UUID.randomUUID());
    try {
      Path folder = absolute.getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      try {
        writeSynced(partial, json);
        if (replace) {
          Files.move(
              partial,
              absolute,
              StandardCopyOption.ATOMIC_MOVE,
              StandardCopyOption.REPLACE_EXISTING);
        } else {
          // Fails where another process was faster; a move would replace.
          Files.createLink(absolute, partial);
        }
        if (folder != null) {
          try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
          }
        }
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (FileAlreadyExistsException e) {
      throw new KeysetException("there is a keyset at " + path + " already", e);
    } catch (IOException e) {
      throw new KeysetException("the keyset " + path + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static void writeSynced(Path file, String json) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            file,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
      ByteBuffer bytes = ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
  }

  private static Aead kms(String uri) throws GeneralSecurityException {
    for (KmsClient client : ServiceLoader.load(KmsClient.class)) {
      if (client.doesSupport(uri)) {
        return client.withDefaultCredentials().getAead(uri);
      }
    }
    throw new GeneralSecurityException(
        "no KMS client for " + uri + " on the class path (expected: one of Tink's integrations)");
  }
}
