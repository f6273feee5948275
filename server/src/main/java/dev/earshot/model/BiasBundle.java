package dev.earshot.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The verified files of a bias bundle: pronunciations, the rescorer's weights, the context encoder.
 * Each plays a role; what a file holds is known to who reads it. A bundle may lack any role.
 *
 * <p>Immutable and thread-safe. Files are verified once, when the bundle is opened.
 */
public final class BiasBundle {
  static final List<String> GRAPHS = List.of(Role.CONTEXT_ENCODE.key(), Role.CONTEXT_MATCH.key());

  private final BiasManifest manifest;
  private final BundleFiles files;

  private BiasBundle(BiasManifest manifest, BundleFiles files) {
    this.manifest = manifest;
    this.files = files;
  }

  /** What a file is there for; {@code models/README.md} says what it holds. */
  public enum Role {
    /** Words with their phones. */
    LEXICON,
    /** Grapheme to phoneme: how words that are not in the lexicon sound. */
    G2P,
    /** Weights of what rescores an n-best. */
    RESCORER,
    /** The graph that makes embeddings of a context's items. */
    CONTEXT_ENCODE,
    /** The graph that compares these with hypotheses. */
    CONTEXT_MATCH,
    /** Words that the context encoder knows by number. */
    CONTEXT_VOCABULARY,
    /** Character folding of the context encoder's tokeniser. */
    CONTEXT_FOLDING,
    /** Contexts with their embeddings and similarities, as computed by the bundle's maker. */
    CONTEXT_GOLDEN;

    /** The role's name in the manifest. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads the manifest and verifies every file's length and checksum.
   *
   * @throws BundleException naming the first file that is missing, truncated, damaged or not as the
   *     format says
   */
  public static BiasBundle open(Path directory) throws BundleException {
    BundleFiles.ManifestFile file = BundleFiles.ManifestFile.read(directory);
    BiasManifest manifest = BiasManifest.parse(file.json());
    return new BiasBundle(manifest, file.verify(manifest.files()));
  }

  public Path directory() {
    return files.directory();
  }

  public BiasManifest manifest() {
    return manifest;
  }

  /** The bundle's own version. */
  public String version() {
    return manifest.bundleVersion();
  }

  /** What its lexicon and models know, as BCP 47 tags, the main language first; never empty. */
  public List<String> languages() {
    return manifest.languages();
  }

  /** Tells bundles apart, whatever they call themselves: 64 hexadecimal digits. */
  public String manifestSha256() {
    return files.manifestSha256();
  }

  /** Bytes on disk, without the manifest's own two files. */
  public long diskBytes() {
    return files.diskBytes();
  }

  /** Whether a file plays a role. */
  public boolean has(Role role) {
    return manifest.roles().containsKey(role.key());
  }

  /** The file that plays a role, below {@link #directory}; empty if none does. */
  public Optional<Path> path(Role role) {
    return Optional.ofNullable(manifest.roles().get(role.key())).map(files::path);
  }

  /**
   * The name of the file that plays a role, for messages that name it.
   *
   * @throws BundleException if none does
   */
  public String fileName(Role role) throws BundleException {
    String file = manifest.roles().get(role.key());
    if (file == null) {
      throw new BundleException(Manifest.FILE, "roles." + role.key() + ": missing");
    }
    return file;
  }

  /**
   * Reads the file that plays a role.
   *
   * @throws BundleException if none does, or it cannot be read
   */
  public byte[] read(Role role) throws BundleException {
    return files.read(fileName(role));
  }
}
