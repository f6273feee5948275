package dev.earshot.rescore;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * How likely it is that a candidate has fewer errors than the recogniser's best: a small network
 * over its {@linkplain Feature features}, one hidden layer of rectified linear units, and how
 * likely it must be to be taken. Its file, JSON, is described in {@code models/README.md}.
 *
 * <p>Immutable and thread-safe.
 */
final class Scorer {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Takes nothing. */
  static final Scorer NONE =
      new Scorer(
          new File(
              "",
              List.of(),
              new float[Feature.COUNT],
              new float[Feature.COUNT],
              new float[0][],
              new float[0],
              new float[0],
              -20,
              0,
              0));

  /**
   * By one over its deviation: a feature that hardly changed where the scorer was trained has
   * taught it nothing, and the least other value would outweigh all else.
   */
  private static final float CONSTANT = 50;

  private final float[] means;
  private final float[] scales;
  private final float[][] hidden;
  private final float[] hiddenBias;
  private final float[] out;
  private final float outBias;
  private final float threshold;
  private final float thresholdPerLogPhrases;

  /** What the file holds. */
  @SuppressWarnings("ArrayRecordComponent") // Read once, and never compared.
  private record File(
      @JsonProperty(required = true) String format,
      @JsonProperty(required = true) List<String> features,
      @JsonProperty(required = true) float[] means,
      @JsonProperty(required = true) float[] scales,
      @JsonProperty(required = true) float[][] hidden,
      @JsonProperty(value = "hidden_bias", required = true) float[] hiddenBias,
      @JsonProperty(required = true) float[] out,
      @JsonProperty(value = "out_bias", required = true) float outBias,
      @JsonProperty(required = true) float threshold,
      @JsonProperty(value = "threshold_per_log_phrases", required = true)
          float thresholdPerLogPhrases) {}

  private Scorer(File file) {
    means = file.means;
    scales = file.scales;
    hidden = file.hidden;
    hiddenBias = file.hiddenBias;
    out = file.out;
    outBias = file.outBias;
    threshold = file.threshold;
    thresholdPerLogPhrases = file.thresholdPerLogPhrases;
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
    int inputs = Feature.COUNT;
    int units = file.hidden.length;
    boolean fits =
        file.means.length == inputs
            && file.scales.length == inputs
            && file.hiddenBias.length == units
            && file.out.length == units;
    for (float[] row : file.hidden) {
      fits &= row.length == inputs;
    }
    if (!fits) {
      throw new IOException("weights: not of the shapes [" + units + ", " + inputs + "]");
    }
    return new Scorer(file);
  }

  /** P(a candidate of these features has fewer errors than the recogniser's best). */
  double probability(float[] features) {
    float[] x = new float[features.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = scales[i] > CONSTANT ? 0 : (features[i] - means[i]) * scales[i];
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
  double threshold(int phrases) {
    double logit =
        threshold + thresholdPerLogPhrases * Math.max(0, Math.log(Math.max(1, phrases) / 100.0));
    return 1 / (1 + Math.exp(-logit));
  }
}
