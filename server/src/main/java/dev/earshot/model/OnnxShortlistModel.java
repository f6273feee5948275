package dev.earshot.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A bundle run by ONNX Runtime. */
public final class OnnxShortlistModel implements ShortlistModel {
  private static final List<GraphSignature> SIGNATURES =
      List.of(
          new GraphSignature(
              "encode",
              Map.of(
                  "word_ids", OnnxJavaType.INT32,
                  "lengths", OnnxJavaType.INT32,
                  "unknown_slots", OnnxJavaType.INT32,
                  "unknown_ngrams", OnnxJavaType.INT32),
              Map.of("u", OnnxJavaType.FLOAT)),
          new GraphSignature(
              "attend",
              Map.of(
                  "u", OnnxJavaType.FLOAT,
                  "enabled_rows", OnnxJavaType.INT8,
                  "enabled_scales", OnnxJavaType.FLOAT,
                  "enabled_counts", OnnxJavaType.INT32),
              Map.of("q", OnnxJavaType.FLOAT)),
          new GraphSignature(
              "classify",
              Map.of(
                  "q", OnnxJavaType.FLOAT,
                  "enabled_indices", OnnxJavaType.INT64,
                  "enabled_boosts", OnnxJavaType.FLOAT,
                  "inverse_temperatures", OnnxJavaType.FLOAT,
                  "k", OnnxJavaType.INT64),
              Map.of(
                  "top_indices", OnnxJavaType.INT64,
                  "top_log_probabilities", OnnxJavaType.FLOAT,
                  "scope_scores", OnnxJavaType.FLOAT)));

  private final Bundle bundle;
  private final OnnxRuntime runtime;
  private final Map<String, String> variants;
  private final OrtSession encode;
  private final OrtSession attend;

  /** Null where skills are found by {@link #index}. */
  private final @Nullable OrtSession classify;

  private final StagedClassifier.@Nullable Index index;

  private LoadReport report = LoadReport.NONE;

  private OnnxShortlistModel(
      Bundle bundle,
      OnnxRuntime runtime,
      Map<String, String> variants,
      OrtSession encode,
      OrtSession attend,
      @Nullable OrtSession classify,
      StagedClassifier.@Nullable Index index) {
    this.bundle = bundle;
    this.runtime = runtime;
    this.variants = variants;
    this.encode = encode;
    this.attend = attend;
    this.classify = classify;
    this.index = index;
  }

  /** Loads a bundle whose skills are found by its graph: {@link Search#FLAT}. */
  public static OnnxShortlistModel load(Path directory, OnnxRuntime runtime, int batchMax)
      throws BundleException {
    return load(directory, runtime, batchMax, Search.FLAT);
  }

  /**
   * Opens a bundle, proves its graphs with its golden vectors, and runs every shape bucket once, so
   * that no request pays for a first time.
   *
   * @param batchMax the largest batch to warm
   * @param search how skills are found
   * @throws BundleException if a file is damaged, a graph cannot be loaded, has other inputs or
   *     outputs than the format says, or answers otherwise than when the bundle was made; or if
   *     {@link Search#STAGED} is asked for and the bundle or the heap does not allow it
   */
  public static OnnxShortlistModel load(
      Path directory, OnnxRuntime runtime, int batchMax, Search search) throws BundleException {
    long residentBefore = ProcessMemory.residentBytes();
    long start = System.nanoTime();
    Bundle bundle = Bundle.open(directory);
    Map<String, String> variants = new LinkedHashMap<>();
    List<OrtSession> sessions = new ArrayList<>();
    boolean loaded = false;
    try {
      for (GraphSignature signature : SIGNATURES) {
        Bundle.GraphFile file = bundle.graph(signature.name(), runtime.provider().variants());
        variants.put(signature.name(), file.variant());
        try {
          OrtSession session = runtime.open(file.path());
          sessions.add(session);
          signature.check(session, file.name());
        } catch (OrtException e) {
          throw new BundleException(file.name(), "cannot be run: " + Manifest.firstLine(e), e);
        }
      }
      OnnxShortlistModel flat =
          new OnnxShortlistModel(
              bundle, runtime, variants, sessions.get(0), sessions.get(1), sessions.get(2), null);
      long opened = System.nanoTime();
      GoldenVectors golden = GoldenVectors.read(bundle);
      golden.check(
          flat,
          variants.containsValue("int8")
              ? GoldenVectors.SAME_VARIANT
              : GoldenVectors.OTHER_VARIANT);
      OnnxShortlistModel model = StagedChoice.of(search, bundle, runtime).apply(flat, golden);
      if (model != flat) {
        close(sessions.remove(SIGNATURES.size() - 1));
      }
      List<LoadReport.WarmShape> shapes = WarmUp.run(model, batchMax);
      model.report =
          new LoadReport(
              Duration.ofNanos(opened - start),
              Duration.ofNanos(System.nanoTime() - opened),
              golden.vectors().size(),
              Math.max(0, ProcessMemory.residentBytes() - residentBefore),
              shapes);
      loaded = true;
      return model;
    } finally {
      if (!loaded) {
        sessions.forEach(OnnxShortlistModel::close);
      }
    }
  }

  /** The same model, its skills found by an index in place of the classify graph. */
  OnnxShortlistModel with(StagedClassifier.Index other) {
    return new OnnxShortlistModel(bundle, runtime, variants, encode, attend, null, other);
  }

  /** How skills are found; never {@link Search#AUTO}. */
  public Search search() {
    return index == null ? Search.FLAT : Search.STAGED;
  }

  public Bundle bundle() {
    return bundle;
  }

  public OnnxRuntime runtime() {
    return runtime;
  }

  @Override
  public LoadReport report() {
    return report;
  }

  /** For each graph, the variant in use. */
  public Map<String, String> variants() {
    return Map.copyOf(variants);
  }

  @Override
  public String version() {
    return bundle.version();
  }

  @Override
  public Tokenizer tokenizer() {
    return bundle.tokenizer();
  }

  @Override
  public SkillTable skills() {
    return bundle.skills();
  }

  @Override
  public Calibration calibration() {
    return bundle.calibration();
  }

  @Override
  public EnabledSkills enabledSkills(int[] rows) {
    return bundle.enabledSkills(rows);
  }

  @Override
  public Workspace workspace(int maxRows) {
    return new OnnxWorkspace(bundle, runtime, encode, attend, classify, index, maxRows);
  }

  @Override
  public void close() {
    close(encode);
    close(attend);
    if (classify != null) {
      close(classify);
    }
  }

  private static void close(OrtSession session) {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("session closed twice", e);
    }
  }
}
