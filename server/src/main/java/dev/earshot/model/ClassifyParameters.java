package dev.earshot.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * What the {@code classify} graph computes, for a server that computes it by itself: {@code
 * classify.json}, which a bundle need not have.
 *
 * @param logitScale multiplies a row's product with the query
 * @param queryScale what an int8 step of a query's component is
 */
record ClassifyParameters(
    @JsonProperty(value = "logit_scale", required = true) float logitScale,
    @JsonProperty(value = "query_scale", required = true) float queryScale,
    @JsonProperty(required = true) Scope scope) {
  static final String FILE = "classify.json";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  /**
   * The scope score: {@code energyWeight · log Σ exp(logits) + weightScale · weights · q}.
   *
   * @param weights int8, one for each component of the query
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Scope(
      @JsonProperty(required = true) short[] weights,
      @JsonProperty(value = "weight_scale", required = true) float weightScale,
      @JsonProperty(value = "energy_weight", required = true) float energyWeight) {}

  static ClassifyParameters parse(byte[] json, int dimension) throws BundleException {
    ClassifyParameters parameters;
    try {
      parameters = JSON.readValue(json, ClassifyParameters.class);
    } catch (IOException e) {
      throw new BundleException(FILE, "not parameters: " + Manifest.firstLine(e), e);
    }
    requirePositive("logit_scale", parameters.logitScale);
    requirePositive("query_scale", parameters.queryScale);
    requirePositive("scope.weight_scale", parameters.scope.weightScale);
    if (!Float.isFinite(parameters.scope.energyWeight)) {
      throw new BundleException(
          FILE,
          "scope.energy_weight: " + parameters.scope.energyWeight + " (expected: a finite number)");
    }
    if (parameters.scope.weights.length != dimension) {
      throw new BundleException(
          FILE,
          "scope.weights: "
              + parameters.scope.weights.length
              + " of them (expected: "
              + dimension
              + ")");
    }
    return parameters;
  }

  private static void requirePositive(String field, float value) throws BundleException {
    if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
      throw new BundleException(FILE, field + ": " + value + " (expected: > 0)");
    }
  }
}
