package dev.earshot.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * How scores become probabilities, for each mode: {@code calibration.json}.
 *
 * @param outOfScopeThreshold an out-of-scope probability above it sets {@code out_of_scope}
 */
public record Calibration(
    @JsonProperty(value = "context_free", required = true) Mode contextFree,
    @JsonProperty(required = true) Mode personal,
    @JsonProperty(value = "out_of_scope_threshold", required = true) double outOfScopeThreshold) {

  static final String FILE = "calibration.json";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  /**
   * One mode's calibration.
   *
   * @param inverseTemperature multiplies every logit before the softmax; positive
   */
  public record Mode(
      @JsonProperty(value = "inverse_temperature", required = true) float inverseTemperature,
      @JsonProperty(value = "out_of_scope", required = true) Logistic outOfScope) {}

  /** {@code sigmoid(weight · x + bias)}. */
  public record Logistic(
      @JsonProperty(required = true) double weight, @JsonProperty(required = true) double bias) {

    public double at(double x) {
      return 1 / (1 + Math.exp(-(weight * x + bias)));
    }
  }

  /** The calibration of personal or of context-free answers. */
  public Mode of(boolean isPersonal) {
    return isPersonal ? personal : contextFree;
  }

  static Calibration parse(byte[] json) throws BundleException {
    Calibration calibration;
    try {
      calibration = JSON.readValue(json, Calibration.class);
    } catch (IOException e) {
      throw new BundleException(FILE, "not a calibration: " + Manifest.firstLine(e), e);
    }
    for (Mode mode : new Mode[] {calibration.contextFree, calibration.personal}) {
      requireFinite("inverse_temperature", mode.inverseTemperature);
      requireFinite("out_of_scope.weight", mode.outOfScope.weight);
      requireFinite("out_of_scope.bias", mode.outOfScope.bias);
      if (mode.inverseTemperature <= 0) {
        throw new BundleException(
            FILE, "inverse_temperature: " + mode.inverseTemperature + " (expected: > 0)");
      }
    }
    double threshold = calibration.outOfScopeThreshold;
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new BundleException(
          FILE, "out_of_scope_threshold: " + threshold + " (expected: 0 to 1)");
    }
    return calibration;
  }

  private static void requireFinite(String field, double value) throws BundleException {
    if (!Double.isFinite(value)) {
      throw new BundleException(FILE, field + ": " + value + " (expected: a finite number)");
    }
  }
}
