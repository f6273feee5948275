package dev.earshot.perf.load;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.Degradation.Context;
import dev.earshot.v1.Degradation.Reason;
import dev.earshot.v1.Degradation.Stage;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.RescoredHypothesis;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Calls for biases and for rescoring. Beside the server's own marks, such as {@code
 * EMBEDDING/NOT_READY}, its readers note what an answer shows itself: how much of the context is in
 * it, and whether it is what it says it is.
 */
public final class BiasTraffic {
  /** Nothing of what was asked for is in a marked answer. */
  public static final String CONTEXT_FREE = "context-free";

  /** A part of what was asked for is in a marked answer. */
  public static final String IN_PART = "in part";

  /** The vector was not ready, but worked out while the call waited. */
  public static final String MADE_MEANWHILE = "made meanwhile";

  /** An answer without a mark lacks something, or is not the full one. */
  public static final String UNMARKED = "lacks something, unmarked";

  /** A context-free answer is not the recogniser's own list, byte for byte. */
  public static final String NOT_OWN_ORDER = "not the recogniser's own order";

  /** All of the above. */
  public static final List<String> NOTES =
      List.of(CONTEXT_FREE, IN_PART, MADE_MEANWHILE, UNMARKED, NOT_OWN_ORDER);

  /** Reads a bias. */
  static final Traffic.Reader BIAS = BiasTraffic::readBias;

  private BiasTraffic() {}

  /** Calls for the biases of turns, each as often as another. */
  public static Traffic biases(List<GetBiasRequest> turns) {
    List<byte[]> requests = turns.stream().map(GetBiasRequest::toByteArray).toList();
    return Traffic.unary(
        BiaserGrpc.getGetBiasMethod().getFullMethodName(),
        random -> requests.get(random.nextInt(requests.size())),
        BIAS);
  }

  /** Calls that name nothing: what the path itself takes. */
  public static Traffic contextFreeBiases() {
    byte[] request = GetBiasRequest.getDefaultInstance().toByteArray();
    return Traffic.unary(
        BiaserGrpc.getGetBiasMethod().getFullMethodName(),
        random -> request,
        Traffic.Reader.NOTHING);
  }

  /**
   * Lists to rescore, each as often as another.
   *
   * @param full what the server makes of each with all the time in the world; empty: the requests
   *     name nothing, and each answer is to be the recogniser's own list
   */
  public static Traffic rescoring(List<RescoreRequest> lists, List<RescoreResponse> full) {
    List<byte[]> requests = lists.stream().map(RescoreRequest::toByteArray).toList();
    Set<List<RescoredHypothesis>> own = new HashSet<>();
    lists.forEach(list -> own.add(ownOrder(list)));
    Set<List<RescoredHypothesis>> whole = new HashSet<>();
    full.forEach(answer -> whole.add(answer.getHypothesesList()));
    return Traffic.unary(
        BiaserGrpc.getRescoreMethod().getFullMethodName(),
        random -> requests.get(random.nextInt(requests.size())),
        response -> readRescored(response, own, full.isEmpty() ? own : whole));
  }

  /** A list as the recogniser gave it, in the form of an answer. */
  public static List<RescoredHypothesis> ownOrder(RescoreRequest request) {
    double scale = request.getScoreScale() == 0 ? 1 : request.getScoreScale();
    List<RescoredHypothesis> same = new ArrayList<>();
    for (int i = 0; i < request.getHypothesesCount(); i++) {
      RescoredHypothesis.Builder hypothesis =
          RescoredHypothesis.newBuilder()
              .setText(request.getHypotheses(i).getText())
              .setSourceIndex(i);
      if (request.getHypotheses(i).hasScore()) {
        hypothesis.setScore(scale * request.getHypotheses(i).getScore());
      }
      same.add(hypothesis.build());
    }
    return same;
  }

  private static Answer readBias(byte[] response) {
    try {
      Bias bias = Bias.parseFrom(response);
      List<String> missing = ShortlistTraffic.missing(bias.getDegradation());
      boolean isEmpty = bias.getPhrasesCount() == 0 && !bias.hasEmbedding();
      if (missing.isEmpty()) {
        if (!bias.hasEmbedding() || bias.getPhrasesCount() == 0) {
          missing.add(UNMARKED);
        } else if (bias.getTimings().getEncodeUs() > 0) {
          missing.add(MADE_MEANWHILE);
        }
      } else {
        if (!bias.hasEmbedding() && !lacks(bias.getDegradation(), Context.CONTEXT_EMBEDDING)) {
          missing.add(UNMARKED);
        }
        missing.add(isEmpty ? CONTEXT_FREE : IN_PART);
      }
      return missing.isEmpty() ? Answer.FULL : new Answer(missing, null);
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException("not a Bias", e);
    }
  }

  private static boolean lacks(Degradation degradation, Context context) {
    return degradation.getMissingList().stream()
        .anyMatch(part ->
            part.getContext() == context && part.getReason() != Reason.REASON_NOT_REQUESTED);
  }

  private static Answer readRescored(
      byte[] response, Set<List<RescoredHypothesis>> own, Set<List<RescoredHypothesis>> full) {
    try {
      RescoreResponse rescored = RescoreResponse.parseFrom(response);
      Degradation degradation = rescored.getDegradation();
      List<String> missing = ShortlistTraffic.missing(degradation);
      if (missing.isEmpty()) {
        if (!full.contains(rescored.getHypothesesList())) {
          missing.add(UNMARKED);
        }
      } else if (degradation.getSkippedStagesList().contains(Stage.STAGE_RESCORE)) {
        missing.add(CONTEXT_FREE);
        if (!own.contains(rescored.getHypothesesList())) {
          missing.add(NOT_OWN_ORDER);
        }
      } else {
        missing.add(IN_PART);
      }
      return missing.isEmpty() ? Answer.FULL : new Answer(missing, null);
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException("not a RescoreResponse", e);
    }
  }
}
