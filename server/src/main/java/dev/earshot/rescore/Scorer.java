package dev.earshot.rescore;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * How likely it is that a candidate has fewer errors than the recogniser's best: a small network
 * over its {@linkplain Feature features}, one hidden layer of rectified linear units, and how
 * likely it must be to be taken. There is one network for lists and one for single hypotheses,
 * where the features that compare hypotheses say nothing. Its file, JSON, is described in {@code
 * models/README.md}.
 *
 * <p>Immutable and thread-safe.
 */
final class Scorer {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What lies further from training's mean, in its deviations, counts as so far. */
  private static final float MOST = 4;

  /** Takes nothing. */
  static final Scorer NONE = new Scorer(Network.none(), Network.none());

  private final Network oneBest;
  private final Network nBest;

  /** What the file holds. */
  private record File(
      @JsonProperty(required = true) String format,
      @JsonProperty(required = true) List<String> features,
      @JsonProperty(value = "one_best", required = true) Network oneBest,
      @JsonProperty(value = "n_best", required = true) Network nBest) {}

  private Scorer(Network oneBest, Network nBest) {
    this.oneBest = oneBest;
    this.nBest = nBest;
  }

  /**
   * Reads a scorer.
   *
   * @throws IOException if it is none, or one of other features
   */
  static Scorer read(byte[] json) throws IOException {
    File file = JSON.readValue(json, File.class);
    if (!file.format.equals("earshot-rescorer-1")) {
      throw new IOException("format: not earshot-rescorer-1");
    }
    List<String> expected = Arrays.stream(Feature.values()).map(Feature::key).toList();
    if (!file.features.equals(expected)) {
      throw new IOException("features: not those of this server (expected: " + expected + ")");
    }
    file.oneBest.requireShapes("one_best");
    file.nBest.requireShapes("n_best");
    return new Scorer(file.oneBest, file.nBest);
  }

  /** The network for an n-best of so many hypotheses. */
  Network of(int hypotheses) {
    return hypotheses == 1 ? oneBest : nBest;
  }

  /**
   * A network and its threshold.
   *
   * @param means and {@code scales}: of the features, to bring them to a common size
   * @param threshold the log-odds that a candidate of a hundred phrases must reach
   * @param thresholdRequest the same where the phrase is the request's own: its caller answers for
   *     it, and nothing was guessed
   * @param thresholdPerLogPhrases what is added for each e times more phrases
   */
  @SuppressWarnings("ArrayRecordComponent") // Read once, and never compared.
  record Network(
      @JsonProperty(required = true) float[] means,
      @JsonProperty(required = true) float[] scales,
      @JsonProperty(required = true) float[][] hidden,
      @JsonProperty(value = "hidden_bias", required = true) float[] hiddenBias,
      @JsonProperty(required = true) float[] out,
      @JsonProperty(value = "out_bias", required = true) float outBias,
      @JsonProperty(required = true) float threshold,
      @JsonProperty(value = "threshold_request", required = true) float thresholdRequest,
      @JsonProperty(value = "threshold_per_log_phrases", required = true)
          float thresholdPerLogPhrases) {
    private static Network none() {
      float[] zeros = new float[Feature.COUNT];
      return new Network(zeros, zeros, new float[0][], new float[0], new float[0], -20, 0, 0, 0);
    }

    private void requireShapes(String name) throws IOException {
      int inputs = Feature.COUNT;
      int units = hidden.length;
      boolean fits =
          means.length == inputs
              && scales.length == inputs
              && hiddenBias.length == units
              && out.length == units;
      for (float[] row : hidden) {
        fits &= row.length == inputs;
      }
      if (!fits) {
        throw new IOException(
            name + ": weights are not of the shapes [" + units + ", " + inputs + "]");
      }
    }

    /** P(a candidate of these features has fewer errors than the recogniser's best). */
    double probability(float[] features) {
      float[] x = new float[features.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = Math.max(-MOST, Math.min(MOST, (features[i] - means[i]) * scales[i]));
      }
      float logit = outBias;
      for (int i = 0; i < hidden.length; i++) {
        float[] row = hidden[i];
        float sum = hiddenBias[i];
        for (int j = 0; j < x.length; j++) {
          sum += row[j] * x[j];
        }
        if (sum > 0) {
          logit += out[i] * sum;
        }
      }
      return 1 / (1 + Math.exp(-logit));
    }

    /** What a probability must reach for the candidate to be taken; rises with the phrases. */
    double threshold(int phrases, boolean ofRequest) {
      double logit =
          (ofRequest ? thresholdRequest : threshold)
              + thresholdPerLogPhrases * Math.max(0, Math.log(Math.max(1, phrases) / 100.0));
      return 1 / (1 + Math.exp(-logit));
    }
  }
}
