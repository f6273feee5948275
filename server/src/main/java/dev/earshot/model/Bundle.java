package dev.earshot.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  private final BundleFiles files;
  private final Manifest manifest;
  private final Tokenizer tokenizer;
  private final SkillTable skills;
  private final Calibration calibration;
  private final ByteBuffer rows;
  private final float[] rowScales;
  private final float[] rowBiases;
  private final float[] enabledBoosts;
  private final @Nullable ClassifyParameters classifyParameters;

  private Bundle(Manifest manifest, BundleFiles files) throws BundleException {
    this.files = files;
    this.manifest = manifest;
    Manifest.Dimensions dimensions = manifest.dimensions();
    int skillCount = dimensions.skills();
    files.requireLength(ROWS, (long) skillCount * dimensions.query());
    files.requireLength("words.i8", (long) dimensions.words() * dimensions.word());
    files.requireLength("word_scales.f32", 4L * dimensions.words());
    files.requireLength("ngrams.i8", (long) dimensions.ngramBuckets() * dimensions.ngram());
    files.requireLength("ngram_scales.f32", 4L * dimensions.ngramBuckets());
    for (String graph : GRAPHS) {
      if (manifest.graphs().getOrDefault(graph, Map.of()).isEmpty()) {
        throw new BundleException(Manifest.FILE, "graphs." + graph + ": missing");
      }
    }
    StringTable vocabulary =
        Tokenizer.parseVocabulary(files.read(Tokenizer.VOCABULARY_FILE), dimensions.words());
    tokenizer =
        new Tokenizer(
            Folding.parse(files.read(Folding.FILE)),
            vocabulary,
            manifest.tokenizer(),
            dimensions.ngramBuckets());
    skills = SkillTable.parse(files.read(SkillTable.FILE), skillCount);
    calibration = Calibration.parse(files.read(Calibration.FILE));
    rowScales = floats(ROW_SCALES, skillCount);
    rowBiases = floats(ROW_BIASES, skillCount);
    enabledBoosts = floats(ENABLED_BOOSTS, skillCount);
    files.requireListed(GOLDEN_FILE);
    classifyParameters =
        manifest.files().containsKey(ClassifyParameters.FILE)
            ? ClassifyParameters.parse(files.read(ClassifyParameters.FILE), dimensions.query())
            : null;
    rows = map(ROWS);
  }

  /**
   * Reads and verifies a bundle: every file's length and checksum, then its content.
   *
   * @throws BundleException naming the first file that is missing, damaged or not as the format
   *     says
   */
  public static Bundle open(Path directory) throws BundleException {
    BundleFiles.ManifestFile file = BundleFiles.ManifestFile.read(directory);
    Manifest manifest = Manifest.parse(file.json());
    return new Bundle(manifest, file.verify(manifest.files()));
  }

  public Path directory() {
    return files.directory();
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
    return files.manifestSha256();
  }

  /** Bytes on disk, without the manifest's own two files. */
  public long diskBytes() {
    return files.diskBytes();
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

  /** What the classify graph computes, where the bundle tells. */
  Optional<ClassifyParameters> classifyParameters() {
    return Optional.ofNullable(classifyParameters);
  }

  /** int8 {@code [S, D]}, mapped; not to be written to. */
  ByteBuffer rows() {
    return rows;
  }

  /** float {@code [S]}; not to be written to. */
  float[] rowScales() {
    return rowScales;
  }

  /** float {@code [S]}; not to be written to. */
  float[] rowBiases() {
    return rowBiases;
  }

  /** The file of a graph in the first of the given variants that the bundle has. */
  GraphFile graph(String graph, List<String> variants) throws BundleException {
    Map<String, String> named = manifest.graphs().getOrDefault(graph, Map.of());
    for (String variant : variants) {
      String file = named.get(variant);
      if (file != null) {
        return new GraphFile(file, variant, files.path(file));
      }
    }
    throw new BundleException(
        Manifest.FILE,
        "graphs." + graph + ": " + named.keySet() + " (expected: one of " + variants + ")");
  }

  byte[] read(String file) throws BundleException {
    return files.read(file);
  }

  /** A graph in one variant. */
  record GraphFile(String name, String variant, Path path) {}

  private float[] floats(String file, int count) throws BundleException {
    files.requireLength(file, 4L * count);
    float[] values = new float[count];
    ByteBuffer.wrap(files.read(file)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[i])) {
        throw new BundleException(
            file, "value " + i + ": " + values[i] + " (expected: a finite number)");
      }
    }
    return values;
  }

  private MappedByteBuffer map(String file) throws BundleException {
    try (FileChannel channel = FileChannel.open(files.path(file), StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    } catch (IOException e) {
      throw new BundleException(file, "cannot be read: " + Manifest.firstLine(e), e);
    }
  }
}
