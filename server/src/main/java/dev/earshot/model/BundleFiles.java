package dev.earshot.model;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * A directory whose manifest lists its files with lengths and checksums, and whose manifest's own
 * checksum lies beside it. What every kind of bundle has in common.
 *
 * <p>Immutable and thread-safe.
 */
final class BundleFiles {
  private static final HexFormat HEX = HexFormat.of();
  private static final int CHUNK = 1 << 16;

  private final Path directory;
  private final String manifestSha256;
  private final Map<String, Manifest.FileEntry> entries;

  private BundleFiles(
      Path directory, String manifestSha256, Map<String, Manifest.FileEntry> entries) {
    this.directory = directory;
    this.manifestSha256 = manifestSha256;
    this.entries = entries;
  }

  /** A manifest that is the one its checksum was made of. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record ManifestFile(Path directory, byte[] json, String sha256) {
    /**
     * Reads a directory's manifest.
     *
     * @throws BundleException if it is missing or damaged
     */
    static ManifestFile read(Path directory) throws BundleException {
      if (!Files.isDirectory(directory)) {
        throw new BundleException(directory.toString(), "no such directory");
      }
      byte[] json = readFile(directory, Manifest.FILE);
      String expected =
          new String(readFile(directory, Manifest.CHECKSUM_FILE), StandardCharsets.US_ASCII)
              .strip();
      if (!expected.equals(HEX.formatHex(sha256Digest().digest(json)))) {
        throw new BundleException(
            Manifest.FILE, "damaged: its SHA-256 is not the one in " + Manifest.CHECKSUM_FILE);
      }
      return new ManifestFile(directory, json, expected);
    }

    /**
     * Verifies the files that the manifest lists.
     *
     * @throws BundleException naming the first one that is missing or damaged
     */
    BundleFiles verify(Map<String, Manifest.FileEntry> entries) throws BundleException {
      for (Map.Entry<String, Manifest.FileEntry> file : entries.entrySet()) {
        BundleFiles.verify(directory, file.getKey(), file.getValue());
      }
      return new BundleFiles(directory, sha256, entries);
    }
  }

  Path directory() {
    return directory;
  }

  /** Tells bundles apart, whatever they call themselves: 64 hexadecimal digits. */
  String manifestSha256() {
    return manifestSha256;
  }

  /** Bytes on disk, without the manifest's own two files. */
  long diskBytes() {
    return entries.values().stream().mapToLong(Manifest.FileEntry::bytes).sum();
  }

  Path path(String file) {
    return directory.resolve(file);
  }

  Manifest.FileEntry requireListed(String file) throws BundleException {
    Manifest.FileEntry entry = entries.get(file);
    if (entry == null) {
      throw new BundleException(file, "not listed in " + Manifest.FILE);
    }
    return entry;
  }

  void requireLength(String file, long expected) throws BundleException {
    long bytes = requireListed(file).bytes();
    if (bytes != expected) {
      throw new BundleException(
          file, bytes + " bytes (expected: " + expected + " by " + Manifest.FILE + ", dimensions)");
    }
  }

  byte[] read(String file) throws BundleException {
    requireListed(file);
    return readFile(directory, file);
  }

  private static void verify(Path directory, String file, Manifest.FileEntry entry)
      throws BundleException {
    Path path = directory.resolve(file);
    if (!Files.isRegularFile(path)) {
      throw new BundleException(file, "missing");
    }
    MessageDigest digest = sha256Digest();
    try (InputStream in = Files.newInputStream(path)) {
      long size = Files.size(path);
      if (size != entry.bytes()) {
        throw new BundleException(
            file, "truncated or changed: " + size + " bytes (expected: " + entry.bytes() + ")");
      }
      byte[] chunk = new byte[CHUNK];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    if (!HEX.formatHex(digest.digest()).equals(entry.sha256())) {
      throw new BundleException(file, "damaged: its SHA-256 is not the one in " + Manifest.FILE);
    }
  }

  /**
   * Reads in pieces: for one read, the thread keeps a direct buffer as large as what it asks for.
   */
  private static byte[] readFile(Path directory, String file) throws BundleException {
    Path path = directory.resolve(file);
    try (InputStream in = Files.newInputStream(path)) {
      byte[] content = new byte[Math.toIntExact(Files.size(path))];
      int length = 0;
      while (length < content.length) {
        int read = in.read(content, length, Math.min(CHUNK, content.length - length));
        if (read < 0) {
          throw new EOFException("ended after " + length + " bytes");
        }
        length += read;
      }
      return content;
    } catch (NoSuchFileException e) {
      throw new BundleException(file, "missing", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static BundleException unreadable(String file, IOException e) {
    return new BundleException(file, "cannot be read: " + Manifest.firstLine(e), e);
  }

  private static MessageDigest sha256Digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
