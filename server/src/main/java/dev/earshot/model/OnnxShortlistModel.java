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
  private final OrtSession classify;

  private LoadReport report = LoadReport.NONE;

  private OnnxShortlistModel(
      Bundle bundle, OnnxRuntime runtime, Map<String, String> variants, List<OrtSession> sessions) {
    this.bundle = bundle;
    this.runtime = runtime;
    this.variants = variants;
    this.encode = sessions.get(0);
    this.attend = sessions.get(1);
    this.classify = sessions.get(2);
  }

  /**
   * Opens a bundle, proves its graphs with its golden vectors, and runs every shape bucket once, so
   * that no request pays for a first time.
   *
   * @param batchMax the largest batch to warm
   * @throws BundleException if a file is damaged, a graph cannot be loaded, has other inputs or
   *     outputs than the format says, or answers otherwise than when the bundle was made
   */
  public static OnnxShortlistModel load(Path directory, OnnxRuntime runtime, int batchMax)
      throws BundleException {
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
      OnnxShortlistModel model = new OnnxShortlistModel(bundle, runtime, variants, sessions);
      long opened = System.nanoTime();
      GoldenVectors golden = GoldenVectors.read(bundle);
      golden.check(
          model,
          variants.containsValue("int8")
              ? GoldenVectors.SAME_VARIANT
              : GoldenVectors.OTHER_VARIANT);
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
    return new OnnxWorkspace(bundle, runtime, encode, attend, classify, maxRows);
  }

  @Override
  public void close() {
    for (OrtSession session : List.of(encode, attend, classify)) {
      close(session);
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
