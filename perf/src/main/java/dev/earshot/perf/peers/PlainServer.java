package dev.earshot.perf.peers;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import dev.earshot.model.Bundle;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Manifest;
import dev.earshot.perf.peers.openinference.OpenInferenceSubset.ModelInferRequest;
import dev.earshot.perf.peers.openinference.OpenInferenceSubset.ModelInferResponse;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;

/**
 * What one writes first: grpc-java, ONNX Runtime, one thread a core, each request run by itself as
 * it comes. No batches, no budgets, no reused buffers.
 */
public final class PlainServer {
  private static final long[] TOP = {Question.TOP};

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final Map<String, OrtSession> sessions = new LinkedHashMap<>();
  private final Bundle bundle;

  private PlainServer(Bundle bundle) throws OrtException {
    this.bundle = bundle;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      for (Map.Entry<String, Map<String, String>> graph : bundle.manifest().graphs().entrySet()) {
        String file = graph.getValue().getOrDefault("int8", graph.getValue().get("fp32"));
        String path = bundle.directory().resolve(file).toString();
        sessions.put(graph.getKey(), environment.createSession(path, options));
      }
    }
  }

  /** Listens on loopback. */
  public static Server start(Bundle bundle, int port) throws OrtException, IOException {
    PlainServer server = new PlainServer(bundle);
    MethodDescriptor<ModelInferRequest, ModelInferResponse> method =
        MethodDescriptor.<ModelInferRequest, ModelInferResponse>newBuilder()
            .setType(MethodType.UNARY)
            .setFullMethodName(new PeerProtocol.OpenInference().method())
            .setRequestMarshaller(ProtoUtils.marshaller(ModelInferRequest.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(ModelInferResponse.getDefaultInstance()))
            .build();
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(
                Objects.requireNonNull(method.getServiceName(), "service name"))
            .addMethod(method, ServerCalls.asyncUnaryCall(server::infer))
            .build();
    int cores = Runtime.getRuntime().availableProcessors();
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .executor(Executors.newFixedThreadPool(cores))
        .addService(service)
        .build()
        .start();
  }

  private void infer(ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
    try {
      observer.onNext(answer(request));
      observer.onCompleted();
    } catch (OrtException | RuntimeException e) {
      observer.onError(Status.INTERNAL.withCause(e).asRuntimeException());
    }
  }

  private ModelInferResponse answer(ModelInferRequest request) throws OrtException {
    int[] padded = ints(request.getRawInputContents(0));
    int length = (int) Arrays.stream(padded).filter(id -> id != 0).count();
    int[] words = Arrays.copyOf(padded, roundUp8(length));
    int[] enabled =
        Arrays.stream(ints(request.getRawInputContents(1))).filter(r -> r >= 0).toArray();
    EnabledSkills user = bundle.enabledSkills(enabled);
    int columns = roundUp8(Math.max(1, enabled.length));
    Manifest manifest = bundle.manifest();
    int dimension = manifest.dimensions().query();
    int ngrams = manifest.tokenizer().maxNgrams();
    float temperature = bundle.calibration().of(enabled.length > 0).inverseTemperature();
    ByteBuffer rows = ByteBuffer.allocateDirect(columns * dimension);
    rows.put(0, user.rows());
    long[] indices = new long[columns];
    for (int i = 0; i < enabled.length; i++) {
      indices[i] = enabled[i];
    }
    try (OnnxTensor wordIds = tensor(words, 1, words.length);
        OnnxTensor lengths = tensor(new int[] {length}, 1);
        OnnxTensor slots = tensor(new int[words.length], 1, words.length);
        OnnxTensor noNgrams = tensor(new int[ngrams], 1, ngrams);
        OrtSession.Result encoded =
            session("encode")
                .run(
                    Map.of(
                        "word_ids",
                        wordIds,
                        "lengths",
                        lengths,
                        "unknown_slots",
                        slots,
                        "unknown_ngrams",
                        noNgrams));
        OnnxTensor enabledRows =
            OnnxTensor.createTensor(
                environment, rows, new long[] {1, columns, dimension}, OnnxJavaType.INT8);
        OnnxTensor scales = tensor(Arrays.copyOf(user.scales(), columns), 1, columns);
        OnnxTensor counts = tensor(new int[] {enabled.length}, 1);
        OrtSession.Result attended =
            session("attend")
                .run(
                    Map.of(
                        "u",
                        (OnnxTensor) encoded.get(0),
                        "enabled_rows",
                        enabledRows,
                        "enabled_scales",
                        scales,
                        "enabled_counts",
                        counts));
        OnnxTensor enabledIndices = tensor(indices, 1, columns);
        OnnxTensor boosts = tensor(Arrays.copyOf(user.boosts(), columns), 1, columns);
        OnnxTensor temperatures = tensor(new float[] {temperature}, 1);
        OnnxTensor k = tensor(TOP, 1);
        OrtSession.Result classified =
            session("classify")
                .run(
                    Map.of(
                        "q",
                        (OnnxTensor) attended.get(0),
                        "enabled_indices",
                        enabledIndices,
                        "enabled_boosts",
                        boosts,
                        "inverse_temperatures",
                        temperatures,
                        "k",
                        k))) {
      return ModelInferResponse.newBuilder()
          .setModelName(request.getModelName())
          .addOutputs(output("top_indices", "INT64"))
          .addOutputs(output("top_log_probabilities", "FP32"))
          .addRawOutputContents(bytes(classified, "top_indices"))
          .addRawOutputContents(bytes(classified, "top_log_probabilities"))
          .build();
    }
  }

  private OrtSession session(String graph) {
    return Objects.requireNonNull(sessions.get(graph), graph);
  }

  private static ModelInferResponse.InferOutputTensor output(String name, String datatype) {
    return ModelInferResponse.InferOutputTensor.newBuilder()
        .setName(name)
        .setDatatype(datatype)
        .addShape(1)
        .addShape(Question.TOP)
        .build();
  }

  private static ByteString bytes(OrtSession.Result result, String name) {
    return ByteString.copyFrom(((OnnxTensor) result.get(name).orElseThrow()).getByteBuffer());
  }

  private static int[] ints(ByteString raw) {
    int[] values = new int[raw.size() / 4];
    raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(values);
    return values;
  }

  private OnnxTensor tensor(int[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(environment, IntBuffer.wrap(values), shape);
  }

  private OnnxTensor tensor(long[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape);
  }

  private OnnxTensor tensor(float[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
  }

  private static int roundUp8(int n) {
    return (n + 7) & ~7;
  }
}
