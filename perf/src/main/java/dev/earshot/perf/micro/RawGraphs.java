package dev.earshot.perf.micro;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.earshot.model.Bundle;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Manifest;
import dev.earshot.model.Tokenizer;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A bundle's int8 graphs in plain ONNX Runtime sessions: one thread, no spinning, everything else
 * as the runtime comes. Inputs and outputs are direct buffers bound beforehand, as {@code
 * models/README.md} lays them out.
 *
 * <p>Not thread-safe.
 */
final class RawGraphs implements AutoCloseable {
  private static final int K = 5;

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final Manifest manifest;
  private final float[] inverseTemperatures;
  private final OrtSession encode;
  private final OrtSession attend;
  private final OrtSession classify;

  private RawGraphs(Bundle bundle) throws OrtException {
    manifest = bundle.manifest();
    inverseTemperatures =
        new float[] {
          bundle.calibration().of(false).inverseTemperature(),
          bundle.calibration().of(true).inverseTemperature()
        };
    encode = session(bundle, "encode");
    attend = session(bundle, "attend");
    classify = session(bundle, "classify");
  }

  static RawGraphs open(Bundle bundle) throws OrtException {
    return new RawGraphs(bundle);
  }

  private OrtSession session(Bundle bundle, String graph) throws OrtException {
    Map<String, String> variants =
        Objects.requireNonNull(bundle.manifest().graphs().get(graph), graph);
    String file = variants.getOrDefault("int8", variants.get("fp32"));
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      return environment.createSession(bundle.directory().resolve(file).toString(), options);
    }
  }

  /** One request's tensors, for all three graphs; a graph's output is the next one's input. */
  record Request(
      Map<String, OnnxTensor> encodeInputs,
      Map<String, OnnxTensor> encodeOutputs,
      Map<String, OnnxTensor> attendInputs,
      Map<String, OnnxTensor> attendOutputs,
      Map<String, OnnxTensor> classifyInputs,
      Map<String, OnnxTensor> classifyOutputs)
      implements AutoCloseable {

    long best() {
      return Objects.requireNonNull(classifyOutputs.get("top_indices")).getLongBuffer().get(0);
    }

    float bestLogProbability() {
      return Objects.requireNonNull(classifyOutputs.get("top_log_probabilities"))
          .getFloatBuffer()
          .get(0);
    }

    @Override
    public void close() {
      // What one graph writes and the next one reads is in two maps.
      Set<OnnxTensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
      List.of(
              encodeInputs,
              encodeOutputs,
              attendInputs,
              attendOutputs,
              classifyInputs,
              classifyOutputs)
          .forEach(map -> tensors.addAll(map.values()));
      tensors.forEach(OnnxTensor::close);
    }
  }

  Request request(Tokens tokens, EnabledSkills user) throws OrtException {
    int length = tokens.length();
    int columns = roundUp8(length);
    int[] ids = new int[columns];
    int[] slots = new int[columns];
    int unknown = 0;
    for (int t = 0; t < length; t++) {
      ids[t] = tokens.wordIds()[t];
      slots[t] = ids[t] == Tokenizer.UNKNOWN ? ++unknown : 0;
    }
    int width = manifest.tokenizer().maxNgrams();
    int[] ngrams = new int[Math.max(1, unknown) * width];
    for (int i = 0; i < unknown; i++) {
      int[] buckets = tokens.unknownNgrams().get(i);
      System.arraycopy(buckets, 0, ngrams, i * width, buckets.length);
    }
    int dimension = manifest.dimensions().query();
    int enabled = roundUp8(Math.max(1, user.count()));
    ByteBuffer rows = ByteBuffer.allocateDirect(enabled * dimension);
    rows.put(0, user.rows());
    float[] scales = new float[enabled];
    System.arraycopy(user.scales(), 0, scales, 0, user.count());
    float[] boosts = new float[enabled];
    System.arraycopy(user.boosts(), 0, boosts, 0, user.count());
    long[] indices = new long[enabled];
    for (int i = 0; i < user.count(); i++) {
      indices[i] = user.indices()[i];
    }
    OnnxTensor u = floats(new float[dimension], 1, dimension);
    OnnxTensor q = floats(new float[dimension], 1, dimension);
    return new Request(
        Map.of(
            "word_ids", ints(ids, 1, columns),
            "lengths", ints(new int[] {length}, 1),
            "unknown_slots", ints(slots, 1, columns),
            "unknown_ngrams", ints(ngrams, Math.max(1, unknown), width)),
        Map.of("u", u),
        Map.of(
            "u",
            u,
            "enabled_rows",
            OnnxTensor.createTensor(
                environment, rows, new long[] {1, enabled, dimension}, OnnxJavaType.INT8),
            "enabled_scales",
            floats(scales, 1, enabled),
            "enabled_counts",
            ints(new int[] {user.count()}, 1)),
        Map.of("q", q),
        Map.of(
            "q",
            q,
            "enabled_indices",
            longs(indices, 1, enabled),
            "enabled_boosts",
            floats(boosts, 1, enabled),
            "inverse_temperatures",
            floats(new float[] {inverseTemperatures[user.count() > 0 ? 1 : 0]}, 1),
            "k",
            longs(new long[] {K}, 1)),
        Map.of(
            "top_indices", longs(new long[K], 1, K),
            "top_log_probabilities", floats(new float[K], 1, K),
            "scope_scores", floats(new float[1], 1)));
  }

  void run(Request request) throws OrtException {
    encode.run(request.encodeInputs, request.encodeOutputs).close();
    attend.run(request.attendInputs, request.attendOutputs).close();
    classify.run(request.classifyInputs, request.classifyOutputs).close();
  }

  /** Fails unless the floor does the work that the server does: a cheaper one would be no floor. */
  void requireSameAnswers(Fixture fixture, List<Request> requests, boolean known)
      throws OrtException {
    try (Workspace workspace = fixture.model().workspace(1)) {
      for (int i = 0; i < requests.size(); i++) {
        Request request = requests.get(i);
        run(request);
        List<EnabledSkills> user =
            List.of(known ? fixture.users().get(i % Fixture.USERS) : EnabledSkills.NONE);
        List<WeightedTexts> text = List.of(fixture.texts().get(i));
        workspace.encode(text);
        workspace.attend(user);
        workspace.classify(user, K);
        if (request.best() != workspace.topRow(0, 0)
            || request.bestLogProbability() != workspace.topLogProbability(0, 0)) {
          throw new IllegalStateException(
              "utterance "
                  + i
                  + ": skill "
                  + request.best()
                  + " at "
                  + request.bestLogProbability()
                  + " (the server: "
                  + workspace.topRow(0, 0)
                  + " at "
                  + workspace.topLogProbability(0, 0)
                  + ")");
        }
      }
    }
  }

  @Override
  public void close() throws OrtException {
    encode.close();
    attend.close();
    classify.close();
  }

  private OnnxTensor ints(int[] values, long... shape) throws OrtException {
    IntBuffer buffer = direct(4 * values.length).asIntBuffer().put(0, values);
    return OnnxTensor.createTensor(environment, buffer, shape);
  }

  private OnnxTensor longs(long[] values, long... shape) throws OrtException {
    LongBuffer buffer = direct(8 * values.length).asLongBuffer().put(0, values);
    return OnnxTensor.createTensor(environment, buffer, shape);
  }

  private OnnxTensor floats(float[] values, long... shape) throws OrtException {
    FloatBuffer buffer = direct(4 * values.length).asFloatBuffer().put(0, values);
    return OnnxTensor.createTensor(environment, buffer, shape);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static int roundUp8(int n) {
    return (n + 7) & ~7;
  }
}
