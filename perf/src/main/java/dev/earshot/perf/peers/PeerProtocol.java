package dev.earshot.perf.peers;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.earshot.model.SkillTable;
import dev.earshot.perf.peers.bento.BentoSubset;
import dev.earshot.perf.peers.openinference.OpenInferenceSubset.ModelInferRequest;
import dev.earshot.perf.peers.openinference.OpenInferenceSubset.ModelInferRequest.InferInputTensor;
import dev.earshot.perf.peers.openinference.OpenInferenceSubset.ModelInferResponse;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlisterGrpc;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** How a server is asked a {@link Question}. Immutable and thread-safe. */
public sealed interface PeerProtocol {
  /** Full name of the gRPC method. */
  String method();

  byte[] request(Question question);

  /** Rows of the best skills, best first. */
  List<Long> best(byte[] response) throws InvalidProtocolBufferException;

  /**
   * Earshot's own.
   *
   * @param skills to find rows by ids
   */
  record Earshot(SkillTable skills) implements PeerProtocol {
    @Override
    public String method() {
      return ShortlisterGrpc.getShortlistMethod().getFullMethodName();
    }

    @Override
    public byte[] request(Question question) {
      return ShortlistRequest.newBuilder()
          .setUtterance(question.text())
          .setUserId(question.userId())
          .build()
          .toByteArray();
    }

    @Override
    public List<Long> best(byte[] response) throws InvalidProtocolBufferException {
      return ShortlistResponse.parseFrom(response).getSkillsList().stream()
          .map(skill -> (long) skills.row(skill.getSkillId()))
          .toList();
    }
  }

  /** The Open Inference Protocol: Triton, KServe, MLServer and {@link PlainServer}. */
  record OpenInference() implements PeerProtocol {
    static final String MODEL = "shortlist";

    @Override
    public String method() {
      return "inference.GRPCInferenceService/ModelInfer";
    }

    @Override
    public byte[] request(Question question) {
      return ModelInferRequest.newBuilder()
          .setModelName(MODEL)
          .addInputs(input("word_ids", Question.MAX_WORDS))
          .addInputs(input("enabled", Question.MAX_ENABLED))
          .addRawInputContents(bytes(question.paddedWords()))
          .addRawInputContents(bytes(question.paddedEnabled()))
          .build()
          .toByteArray();
    }

    private static InferInputTensor input(String name, int length) {
      return InferInputTensor.newBuilder()
          .setName(name)
          .setDatatype("INT32")
          .addShape(1)
          .addShape(length)
          .build();
    }

    private static ByteString bytes(int[] values) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asIntBuffer().put(values);
      return ByteString.copyFrom(bytes);
    }

    @Override
    public List<Long> best(byte[] message) throws InvalidProtocolBufferException {
      ModelInferResponse response = ModelInferResponse.parseFrom(message);
      for (int i = 0; i < response.getOutputsCount(); i++) {
        if (!response.getOutputs(i).getName().equals("top_indices")) {
          continue;
        }
        if (response.getRawOutputContentsCount() == 0) {
          return response.getOutputs(i).getContents().getInt64ContentsList();
        }
        ByteBuffer raw =
            response.getRawOutputContents(i).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        List<Long> best = new ArrayList<>();
        while (raw.hasRemaining()) {
          best.add(raw.getLong());
        }
        return best;
      }
      throw new InvalidProtocolBufferException("no output top_indices");
    }
  }

  /** BentoML: one array of words and enabled rows in, one of rows and log probabilities out. */
  record Bento() implements PeerProtocol {
    @Override
    public String method() {
      return "bentoml.grpc.v1.BentoService/Call";
    }

    @Override
    public byte[] request(Question question) {
      BentoSubset.NDArray.Builder array =
          BentoSubset.NDArray.newBuilder()
              .setDtype(BentoSubset.NDArray.DType.DTYPE_INT32)
              .addShape(1)
              .addShape(Question.MAX_WORDS + Question.MAX_ENABLED);
      for (int id : question.paddedWords()) {
        array.addInt32Values(id);
      }
      for (int row : question.paddedEnabled()) {
        array.addInt32Values(row);
      }
      return BentoSubset.Request.newBuilder()
          .setApiName(OpenInference.MODEL)
          .setNdarray(array)
          .build()
          .toByteArray();
    }

    @Override
    public List<Long> best(byte[] message) throws InvalidProtocolBufferException {
      return BentoSubset.Response.parseFrom(message).getNdarray().getDoubleValuesList().stream()
          .limit(Question.TOP)
          .map(Math::round)
          .toList();
    }
  }
}
