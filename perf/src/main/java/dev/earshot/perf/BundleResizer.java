package dev.earshot.perf;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.Manifest;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace;
import dev.earshot.perf.onnx.OnnxSubset.GraphProto;
import dev.earshot.perf.onnx.OnnxSubset.ModelProto;
import dev.earshot.perf.onnx.OnnxSubset.StringStringEntryProto;
import dev.earshot.perf.onnx.OnnxSubset.TensorProto;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a bundle with more or fewer skills out of another one, to measure what the number of skills
 * costs.
 *
 * <p>The first skills are the original's. Further ones are noisy copies of these: each int8 value
 * of a row moves by a normal deviate of a quarter of the row's root mean square, the scale is set
 * so that the row keeps its length, and bias, boost and name are the original's, the latter two
 * marked. Encoder, attention, vocabulary and calibration stay as they are. So do the golden texts
 * and their tokens; their answers are computed anew by the resized graphs and prove later loads
 * against this one, not against a trainer. Probabilities of such a bundle mean nothing: copies
 * share them.
 */
final class BundleResizer {
  private static final String ROWS = "rows.i8";
  private static final String ROW_SCALES = "row_scales.f32";
  private static final String SKILLS = "skills.jsonl";
  private static final String GOLDEN = "golden.jsonl";

  /** Files of one float32 per skill that copies share with their original. */
  private static final List<String> COPIED = List.of("row_biases.f32", "enabled_boosts.f32");

  /** Files of which a graph may hold one entry per skill. */
  private static final Set<String> PER_SKILL =
      Set.of(ROWS, ROW_SCALES, COPIED.get(0), COPIED.get(1));

  /** Moves with what this class makes of the same input, so that kept results can be told apart. */
  private static final int REVISION = 1;

  private static final int LIMIT = 63;
  private static final double NOISE = 0.25;
  private static final int MAX_ID_BYTES = 128;
  private static final int MAX_VERSION = 64;
  private static final int GOLDEN_TOP = 20;

  /** Escapes all but ASCII: golden texts may hold unpaired surrogates, which UTF-8 cannot. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private final Path source;
  private final Bundle original;
  private final int skills;
  private final long seed;

  private BundleResizer(Path source, Bundle original, int skills, long seed) {
    this.source = source;
    this.original = original;
    this.skills = skills;
    this.seed = seed;
  }

  /**
   * Writes a bundle of {@code skills} skills.
   *
   * @param target made; must not exist
   * @param seed of the noise: the same seed gives the same bundle
   * @throws BundleException if the source is damaged or lays skills out in a way that cannot be
   *     resized
   * @throws IOException if the target exists or cannot be written
   */
  static void resize(Path source, Path target, int skills, long seed)
      throws BundleException, IOException {
    if (skills < 1) {
      throw new IllegalArgumentException("skills: " + skills + " (expected: >= 1)");
    }
    if (Files.exists(target)) {
      throw new FileSystemException(target.toString(), null, "exists already");
    }
    Path parent = target.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    Path unfinished = Files.createTempDirectory(parent, ".unfinished-bundle");
    try {
      new BundleResizer(source, Bundle.open(source), skills, seed).write(unfinished);
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      deleteIfExists(unfinished);
    }
  }

  /**
   * The bundle of {@code skills} skills in a folder of such bundles, made first if it is not there.
   */
  static Path cached(Path source, Path cache, int skills, long seed)
      throws BundleException, IOException {
    String sha256 = Bundle.open(source).manifestSha256();
    Path bundle =
        cache.resolve("%s-%d-%d-r%d".formatted(sha256.substring(0, 16), skills, seed, REVISION));
    if (!Files.isDirectory(bundle)) {
      resize(source, bundle, skills, seed);
    }
    return bundle;
  }

  private void write(Path target) throws BundleException, IOException {
    Manifest manifest = original.manifest();
    int before = manifest.dimensions().skills();
    for (String file : manifest.files().keySet()) {
      if (!PER_SKILL.contains(file) && !file.equals(SKILLS) && !file.equals(GOLDEN)) {
        Files.copy(source.resolve(file), target.resolve(file));
      }
    }
    int[] origins = origins(before);
    writeRows(target, origins, manifest.dimensions().query());
    for (String file : COPIED) {
      writeCopies(target, file, origins);
    }
    writeSkills(target, origins, before);
    for (String graph : manifest.graphs().keySet()) {
      for (String file : manifest.graphs().get(graph).values()) {
        resizeGraph(target.resolve(file), before, manifest.dimensions().query());
      }
    }
    // Token ids come first: with them the bundle can be loaded, which then gives the answers.
    writeGolden(target, null);
    writeManifest(target);
    try (OnnxShortlistModel model =
        OnnxShortlistModel.load(target, OnnxRuntime.start(ExecutionProvider.CPU), 1)) {
      writeGolden(target, model);
    } catch (ExecutionProviderException e) {
      throw new IllegalStateException("the CPU is always there", e);
    }
    writeManifest(target);
  }

  /** For each skill, the original's row that it is, or is a copy of. */
  private int[] origins(int before) {
    int[] origins = new int[skills];
    for (int row = 0; row < skills; row++) {
      origins[row] = row % before;
    }
    return origins;
  }

  private void writeRows(Path target, int[] origins, int dimension) throws IOException {
    byte[] from = Files.readAllBytes(source.resolve(ROWS));
    ByteBuffer fromScales = littleEndian(Files.readAllBytes(source.resolve(ROW_SCALES)));
    byte[] rows = new byte[Math.multiplyExact(skills, dimension)];
    byte[] scaleBytes = new byte[4 * skills];
    ByteBuffer scales = littleEndian(scaleBytes);
    Random random = new Random(seed);
    for (int row = 0; row < skills; row++) {
      int start = row * dimension;
      int origin = origins[row];
      System.arraycopy(from, origin * dimension, rows, start, dimension);
      float scale = fromScales.getFloat(4 * origin);
      if (origin != row) {
        double length = length(rows, start, dimension);
        double deviation = NOISE * length / Math.sqrt(dimension);
        for (int i = start; i < start + dimension; i++) {
          long moved = Math.round(rows[i] + deviation * random.nextGaussian());
          rows[i] = (byte) Math.max(-LIMIT, Math.min(LIMIT, moved));
        }
        scale = (float) (scale * length / Math.max(1, length(rows, start, dimension)));
      }
      scales.putFloat(4 * row, scale);
    }
    Files.write(target.resolve(ROWS), rows);
    Files.write(target.resolve(ROW_SCALES), scaleBytes);
  }

  private static double length(byte[] rows, int start, int dimension) {
    double squares = 0;
    for (int i = start; i < start + dimension; i++) {
      squares += rows[i] * rows[i];
    }
    return Math.sqrt(squares);
  }

  private void writeCopies(Path target, String file, int[] origins) throws IOException {
    ByteBuffer from = littleEndian(Files.readAllBytes(source.resolve(file)));
    byte[] bytes = new byte[4 * skills];
    ByteBuffer values = littleEndian(bytes);
    for (int row = 0; row < skills; row++) {
      values.putFloat(4 * row, from.getFloat(4 * origins[row]));
    }
    Files.write(target.resolve(file), bytes);
  }

  private void writeSkills(Path target, int[] origins, int before) throws IOException {
    List<String> lines = Files.readAllLines(source.resolve(SKILLS));
    try (BufferedWriter out = Files.newBufferedWriter(target.resolve(SKILLS))) {
      for (int row = 0; row < skills; row++) {
        String line = lines.get(origins[row]);
        if (row >= before) {
          ObjectNode skill = (ObjectNode) JSON.readTree(line);
          String mark = "~" + row;
          skill.put("id", shortened(skill.get("id").asText(), MAX_ID_BYTES - mark.length()) + mark);
          skill.put("name", skill.get("name").asText() + " " + mark);
          line = JSON.writeValueAsString(skill);
        }
        out.write(line);
        out.write('\n');
      }
    }
  }

  /** The longest beginning of whole code points that is short enough as UTF-8. */
  private static String shortened(String text, int maxBytes) {
    String result = text;
    while (result.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      result = result.substring(0, result.offsetByCodePoints(result.length(), -1));
    }
    return result;
  }

  /**
   * Sets the first dimension, and the length in bytes, of each initialiser with a row per skill.
   */
  private void resizeGraph(Path file, int before, int dimension)
      throws BundleException, IOException {
    ModelProto model;
    try (InputStream in = Files.newInputStream(file)) {
      model = ModelProto.parseFrom(in);
    }
    GraphProto.Builder graph = model.getGraph().toBuilder();
    boolean changed = false;
    for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
      if (PER_SKILL.contains(external(tensor, "location"))) {
        resize(tensor, file, before);
        changed = true;
      } else if (before != dimension && tensor.getDimsList().contains((long) before)) {
        throw new BundleException(
            file.getFileName().toString(),
            "initializer "
                + tensor.getName()
                + ": an entry per skill (expected: only in "
                + PER_SKILL
                + ")");
      }
    }
    if (changed) {
      try (OutputStream out = Files.newOutputStream(file)) {
        model.toBuilder().setGraph(graph).build().writeTo(out);
      }
    }
  }

  private void resize(TensorProto.Builder tensor, Path file, int before) throws BundleException {
    String offset = external(tensor, "offset");
    if (tensor.getDims(0) != before || !(offset.isEmpty() || offset.equals("0"))) {
      throw new BundleException(
          file.getFileName().toString(),
          "initializer "
              + tensor.getName()
              + ": dimensions "
              + tensor.getDimsList()
              + " at offset "
              + offset
              + " (expected: a row per skill from offset 0)");
    }
    tensor.setDims(0, skills);
    for (StringStringEntryProto.Builder entry : tensor.getExternalDataBuilderList()) {
      if (entry.getKey().equals("length")) {
        entry.setValue(Long.toString(Long.parseLong(entry.getValue()) / before * skills));
      }
    }
  }

  private static String external(TensorProto.Builder tensor, String key) {
    if (tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
      return "";
    }
    return tensor.getExternalDataList().stream()
        .filter(entry -> entry.getKey().equals(key))
        .map(StringStringEntryProto::getValue)
        .findFirst()
        .orElse("");
  }

  /**
   * Writes the original's golden vectors with the model's answers.
   *
   * @param model the resized one, or null to leave answers out
   */
  private void writeGolden(Path target, @Nullable OnnxShortlistModel model) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(source.resolve(GOLDEN))) {
      ObjectNode golden = (ObjectNode) JSON.readTree(line);
      JsonNode answers = golden.remove("answers");
      if (model != null && answers != null) {
        golden.set("answers", answers(golden.get("text").asText(), answers, model));
      }
      lines.add(JSON.writeValueAsString(golden));
    }
    Files.write(target.resolve(GOLDEN), lines);
  }

  private static ArrayNode answers(String text, JsonNode old, OnnxShortlistModel model) {
    ArrayNode answers = JSON.createArrayNode();
    Tokens tokens = model.tokenizer().tokenize(text);
    int k = Math.min(GOLDEN_TOP, model.skills().size());
    try (Workspace workspace = model.workspace(1)) {
      for (JsonNode answer : old) {
        ArrayNode enabled = JSON.createArrayNode();
        List<Integer> rows = new ArrayList<>();
        for (JsonNode id : answer.get("enabled")) {
          int row = model.skills().row(id.asText());
          if (row >= 0) {
            rows.add(row);
            enabled.add(id);
          }
        }
        var users =
            List.of(model.enabledSkills(rows.stream().mapToInt(row -> row).sorted().toArray()));
        workspace.encode(List.of(Workspace.WeightedTexts.of(tokens)));
        workspace.attend(users);
        workspace.classify(users, k);
        ObjectNode made = answers.addObject();
        made.set("enabled", enabled);
        ArrayNode top = made.putArray("top");
        for (int rank = 0; rank < k; rank++) {
          top.addArray()
              .add(model.skills().id(workspace.topRow(0, rank)))
              .add(workspace.topLogProbability(0, rank));
        }
        made.put("scope_score", workspace.scopeScore(0));
      }
    }
    return answers;
  }

  private void writeManifest(Path target) throws IOException {
    ObjectNode manifest =
        (ObjectNode) JSON.readTree(Files.readAllBytes(source.resolve(Manifest.FILE)));
    String mark = "-" + skills + "-skills";
    manifest.put(
        "bundle_version", shortened(original.version(), MAX_VERSION - mark.length()) + mark);
    manifest.put(
        "description",
        "For benchmarks only: bundle "
            + original.version()
            + " resized to "
            + skills
            + " skills by noisy copies (seed "
            + seed
            + ")");
    ((ObjectNode) manifest.get("dimensions")).put("skills", skills);
    ObjectNode files = manifest.putObject("files");
    for (Path file : listed(target)) {
      ObjectNode entry = files.putObject(file.getFileName().toString());
      entry.put("bytes", Files.size(file));
      entry.put("sha256", sha256(file));
    }
    Path json = target.resolve(Manifest.FILE);
    Files.writeString(json, manifest.toPrettyString() + "\n");
    Files.writeString(target.resolve(Manifest.CHECKSUM_FILE), sha256(json) + "\n");
  }

  private static List<Path> listed(Path directory) throws IOException {
    Set<String> own = Set.of(Manifest.FILE, Manifest.CHECKSUM_FILE);
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> !own.contains(file.getFileName().toString())).sorted().toList();
    }
  }

  private static String sha256(Path file) throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void deleteIfExists(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
