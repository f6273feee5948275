package dev.earshot.model;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A bundle's verified content, apart from its graphs. The skill rows stay mapped from the file:
 * only those that users have enabled are ever read from here.
 *
 * <p>Immutable and thread-safe.
 */
public final class Bundle {
  static final List<String> GRAPHS = List.of("encode", "attend", "classify");
  static final String GOLDEN_FILE = "golden.jsonl";

  private static final String ROWS = "rows.i8";
  private static final String ROW_SCALES = "row_scales.f32";
  private static final String ROW_BIASES = "row_biases.f32";
  private static final String ENABLED_BOOSTS = "enabled_boosts.f32";
  private static final HexFormat HEX = HexFormat.of();
  private static final int CHUNK = 1 << 16;

  private final Path directory;
  private final Manifest manifest;
  private final String manifestSha256;
  private final Tokenizer tokenizer;
  private final SkillTable skills;
  private final Calibration calibration;
  private final ByteBuffer rows;
  private final float[] rowScales;
  private final float[] enabledBoosts;

  private Bundle(Path directory, Manifest manifest, String manifestSha256)
      throws BundleException, IOException {
    this.directory = directory;
    this.manifest = manifest;
    this.manifestSha256 = manifestSha256;
    Manifest.Dimensions dimensions = manifest.dimensions();
    int skillCount = dimensions.skills();
    requireLength(ROWS, (long) skillCount * dimensions.query());
    requireLength("words.i8", (long) dimensions.words() * dimensions.word());
    requireLength("word_scales.f32", 4L * dimensions.words());
    requireLength("ngrams.i8", (long) dimensions.ngramBuckets() * dimensions.ngram());
    requireLength("ngram_scales.f32", 4L * dimensions.ngramBuckets());
    for (String graph : GRAPHS) {
      if (manifest.graphs().getOrDefault(graph, Map.of()).isEmpty()) {
        throw new BundleException(Manifest.FILE, "graphs." + graph + ": missing");
      }
    }
    StringTable vocabulary =
        Tokenizer.parseVocabulary(read(Tokenizer.VOCABULARY_FILE), dimensions.words());
    tokenizer =
        new Tokenizer(
            Folding.parse(read(Folding.FILE)),
            vocabulary,
            manifest.tokenizer(),
            dimensions.ngramBuckets());
    skills = SkillTable.parse(read(SkillTable.FILE), skillCount);
    calibration = Calibration.parse(read(Calibration.FILE));
    rowScales = floats(ROW_SCALES, skillCount);
    floats(ROW_BIASES, skillCount);
    enabledBoosts = floats(ENABLED_BOOSTS, skillCount);
    requireListed(GOLDEN_FILE);
    rows = map(ROWS);
  }

  /**
   * Reads and verifies a bundle: every file's length and checksum, then its content.
   *
   * @throws BundleException naming the first file that is missing, damaged or not as the format
   *     says
   */
  public static Bundle open(Path directory) throws BundleException {
    if (!Files.isDirectory(directory)) {
      throw new BundleException(directory.toString(), "no such directory");
    }
    String current = Manifest.FILE;
    try {
      byte[] json = readFile(directory, Manifest.FILE);
      String expected =
          new String(readFile(directory, Manifest.CHECKSUM_FILE), StandardCharsets.US_ASCII)
              .strip();
      if (!expected.equals(HEX.formatHex(sha256().digest(json)))) {
        throw new BundleException(
            Manifest.FILE, "damaged: its SHA-256 is not the one in " + Manifest.CHECKSUM_FILE);
      }
      Manifest manifest = Manifest.parse(json);
      for (Map.Entry<String, Manifest.FileEntry> file : manifest.files().entrySet()) {
        current = file.getKey();
        verify(directory, current, file.getValue());
      }
      current = directory.toString();
      return new Bundle(directory, manifest, expected);
    } catch (NoSuchFileException e) {
      throw new BundleException(Path.of(e.getFile()).getFileName().toString(), "missing", e);
    } catch (IOException e) {
      throw new BundleException(current, "cannot be read: " + Manifest.firstLine(e), e);
    }
  }

  public Path directory() {
    return directory;
  }

  public Manifest manifest() {
    return manifest;
  }

  /** The bundle's own version, {@code bundle_version} in answers. */
  public String version() {
    return manifest.bundleVersion();
  }

  /** Tells bundles apart, whatever they call themselves: 64 hexadecimal digits. */
  public String manifestSha256() {
    return manifestSha256;
  }

  /** Bytes on disk, without the manifest's own two files. */
  public long diskBytes() {
    return manifest.files().values().stream().mapToLong(Manifest.FileEntry::bytes).sum();
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  public SkillTable skills() {
    return skills;
  }

  public Calibration calibration() {
    return calibration;
  }

  /**
   * What the model reads of a user: the rows, scales and boosts of the enabled skills.
   *
   * @param enabled rows of skills, each once, in ascending order; see {@link SkillTable#row}
   */
  public EnabledSkills enabledSkills(int[] enabled) {
    int dimension = manifest.dimensions().query();
    byte[] enabledRows = new byte[enabled.length * dimension];
    float[] scales = new float[enabled.length];
    float[] boosts = new float[enabled.length];
    for (int i = 0; i < enabled.length; i++) {
      int row = enabled[i];
      rows.get(row * dimension, enabledRows, i * dimension, dimension);
      scales[i] = rowScales[row];
      boosts[i] = enabledBoosts[row];
    }
    return new EnabledSkills(enabled, enabledRows, scales, boosts);
  }

  /** The file of a graph in the first of the given variants that the bundle has. */
  GraphFile graph(String graph, List<String> variants) throws BundleException {
    Map<String, String> files = manifest.graphs().getOrDefault(graph, Map.of());
    for (String variant : variants) {
      String file = files.get(variant);
      if (file != null) {
        return new GraphFile(file, variant, directory.resolve(file));
      }
    }
    throw new BundleException(
        Manifest.FILE,
        "graphs." + graph + ": " + files.keySet() + " (expected: one of " + variants + ")");
  }

  byte[] read(String file) throws BundleException, IOException {
    requireListed(file);
    return readFile(directory, file);
  }

  /** A graph in one variant. */
  record GraphFile(String name, String variant, Path path) {}

  private Manifest.FileEntry requireListed(String file) throws BundleException {
    Manifest.FileEntry entry = manifest.files().get(file);
    if (entry == null) {
      throw new BundleException(file, "not listed in " + Manifest.FILE);
    }
    return entry;
  }

  private void requireLength(String file, long expected) throws BundleException {
    long bytes = requireListed(file).bytes();
    if (bytes != expected) {
      throw new BundleException(
          file, bytes + " bytes (expected: " + expected + " by " + Manifest.FILE + ", dimensions)");
    }
  }

  private float[] floats(String file, int count) throws BundleException, IOException {
    requireLength(file, 4L * count);
    float[] values = new float[count];
    ByteBuffer.wrap(read(file)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[i])) {
        throw new BundleException(
            file, "value " + i + ": " + values[i] + " (expected: a finite number)");
      }
    }
    return values;
  }

  private MappedByteBuffer map(String file) throws IOException {
    try (FileChannel channel = FileChannel.open(directory.resolve(file), StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }
  }

  private static void verify(Path directory, String file, Manifest.FileEntry entry)
      throws BundleException, IOException {
    Path path = directory.resolve(file);
    if (!Files.isRegularFile(path)) {
      throw new BundleException(file, "missing");
    }
    long size = Files.size(path);
    if (size != entry.bytes()) {
      throw new BundleException(
          file, "truncated or changed: " + size + " bytes (expected: " + entry.bytes() + ")");
    }
    MessageDigest digest = sha256();
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    }
    if (!HEX.formatHex(digest.digest()).equals(entry.sha256())) {
      throw new BundleException(file, "damaged: its SHA-256 is not the one in " + Manifest.FILE);
    }
  }

  /**
   * Reads in pieces: for one read, the thread keeps a direct buffer as large as what it asks for.
   */
  private static byte[] readFile(Path directory, String file) throws IOException {
    Path path = directory.resolve(file);
    byte[] content = new byte[Math.toIntExact(Files.size(path))];
    try (InputStream in = Files.newInputStream(path)) {
      int length = 0;
      while (length < content.length) {
        int read = in.read(content, length, Math.min(CHUNK, content.length - length));
        if (read < 0) {
          throw new EOFException("ended after " + length + " bytes");
        }
        length += read;
      }
    }
    return content;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
