package dev.earshot.rescore;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * How likely it is that a candidate has fewer errors than the recogniser's best: a small network
 * over its {@linkplain Feature features}, one hidden layer of rectified linear units, and how
 * likely it must be to be taken. There is one network for lists, and for single hypotheses, where
 * the features that compare hypotheses say nothing, one for phrases that were found and one for
 * those that the request states. Its file, JSON, is described in {@code models/README.md}.
 *
 * <p>Immutable and thread-safe.
 */
final class Scorer {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What lies further from training's mean, in its deviations, counts as so far. */
  private static final float MOST = 4;

  /** Takes nothing. */
  static final Scorer NONE =
      new Scorer(
          new Network(Weights.none()), new Network(Weights.none()), new Network(Weights.none()));

  private final Network nBest;
  private final Network oneBest;
  private final Network oneBestStated;

  /** What the file holds. */
  private record File(
      @JsonProperty(required = true) String format,
      @JsonProperty(required = true) List<String> features,
      @JsonProperty(value = "n_best", required = true) Weights nBest,
      @JsonProperty(value = "one_best", required = true) Weights oneBest,
      @JsonProperty(value = "one_best_stated", required = true) Weights oneBestStated) {}

  private Scorer(Network nBest, Network oneBest, Network oneBestStated) {
    this.nBest = nBest;
    this.oneBest = oneBest;
    this.oneBestStated = oneBestStated;
  }

  /**
   * Reads a scorer.
   *
   * @throws IOException if it is none, or one of other features
   */
  static Scorer read(byte[] json) throws IOException {
    File file = JSON.readValue(json, File.class);
    if (!file.format.equals("earshot-rescorer-2")) {
      throw new IOException("format: not earshot-rescorer-2");
    }
    List<String> expected = Arrays.stream(Feature.values()).map(Feature::key).toList();
    if (!file.features.equals(expected)) {
      throw new IOException("features: not those of this server (expected: " + expected + ")");
    }
    file.nBest.requireShapes("n_best");
    file.oneBest.requireShapes("one_best");
    file.oneBestStated.requireShapes("one_best_stated");
    return new Scorer(
        new Network(file.nBest), new Network(file.oneBest), new Network(file.oneBestStated));
  }

  /** The network for an n-best of so many hypotheses and a phrase that the request states. */
  Network of(int hypotheses, boolean stated) {
    if (hypotheses > 1) {
      return nBest;
    }
    return stated ? oneBestStated : oneBest;
  }

  /**
   * A network and its threshold, as its file has them.
   *
   * @param means and {@code scales}: of the features, to bring them to a common size
   * @param threshold the log-odds that a candidate of a hundred phrases must reach
   * @param thresholdStated the same where the request states the phrase: its caller answers for it,
   *     and nothing was guessed
   * @param thresholdPerLogPhrases what is added for each e times more phrases
   * @param thresholdPerLogWords what is added for each e times fewer words than 24 in the
   *     utterance: a word of a short request matters more
   */
  @SuppressWarnings("ArrayRecordComponent") // Read once, and never compared.
  private record Weights(
      @JsonProperty(required = true) float[] means,
      @JsonProperty(required = true) float[] scales,
      @JsonProperty(required = true) float[][] hidden,
      @JsonProperty(value = "hidden_bias", required = true) float[] hiddenBias,
      @JsonProperty(required = true) float[] out,
      @JsonProperty(value = "out_bias", required = true) float outBias,
      @JsonProperty(required = true) float threshold,
      @JsonProperty(value = "threshold_stated", required = true) float thresholdStated,
      @JsonProperty(value = "threshold_per_log_phrases", required = true)
          float thresholdPerLogPhrases,
      @JsonProperty(value = "threshold_per_log_words", required = true)
          float thresholdPerLogWords) {
    private static Weights none() {
      float[] zeros = new float[Feature.COUNT];
      return new Weights(zeros, zeros, new float[0][], new float[0], new float[0], -20, 0, 0, 0, 0);
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
  }

  /** Weights laid out to be applied. Immutable and thread-safe. */
  static final class Network {
    private static final int LONG_UTTERANCE = 24;

    private final Weights weights;

    /** By feature and hidden unit: units are summed side by side, in vector instructions. */
    private final float[][] byFeature;

    private Network(Weights weights) {
      this.weights = weights;
      int units = weights.hidden.length;
      byFeature = new float[weights.means.length][units];
      for (int unit = 0; unit < units; unit++) {
        for (int feature = 0; feature < byFeature.length; feature++) {
          byFeature[feature][unit] = weights.hidden[unit][feature];
        }
      }
    }

    /** P(a candidate of these features has fewer errors than the recogniser's best). */
    double probability(float[] features) {
      float[] x = new float[features.length];
      for (int i = 0; i < x.length; i++) {
        x[i] =
            Math.max(-MOST, Math.min(MOST, (features[i] - weights.means[i]) * weights.scales[i]));
      }
      float[] sums = weights.hiddenBias.clone();
      int i = 0;
      for (; i + 4 <= x.length; i += 4) {
        add(
            sums,
            byFeature[i],
            x[i],
            byFeature[i + 1],
            x[i + 1],
            byFeature[i + 2],
            x[i + 2],
            byFeature[i + 3],
            x[i + 3],
            sums.length);
      }
      for (; i < x.length; i++) {
        add(sums, byFeature[i], x[i], sums.length);
      }
      float logit = weights.outBias;
      for (int unit = 0; unit < sums.length; unit++) {
        if (sums[unit] > 0) {
          logit += weights.out[unit] * sums[unit];
        }
      }
      return 1 / (1 + Math.exp(-logit));
    }

    /** Each unit's sum grows feature by feature, so that it is the same however many are added. */
    private static void add(
        float[] sums,
        float[] a,
        float xa,
        float[] b,
        float xb,
        float[] c,
        float xc,
        float[] d,
        float xd,
        int n) {
      for (int unit = 0; unit < n; unit++) {
        sums[unit] = sums[unit] + a[unit] * xa + b[unit] * xb + c[unit] * xc + d[unit] * xd;
      }
    }

    private static void add(float[] sums, float[] row, float x, int n) {
      for (int unit = 0; unit < n; unit++) {
        sums[unit] += row[unit] * x;
      }
    }

    /**
     * What a probability must reach for the candidate to be taken.
     *
     * @param phrases their number; more of them make it stricter
     * @param stated whether the candidate's phrase is one that the request states
     * @param words of the utterance; fewer of them make it stricter
     */
    double threshold(int phrases, boolean stated, int words) {
      double logit =
          (stated ? weights.thresholdStated : weights.threshold)
              + weights.thresholdPerLogPhrases * Math.max(0, Math.log(Math.max(1, phrases) / 100.0))
              + weights.thresholdPerLogWords
                  * Math.max(0, Math.log(LONG_UTTERANCE / (double) Math.max(1, words)));
      return 1 / (1 + Math.exp(-logit));
    }
  }
}
