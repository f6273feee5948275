package dev.earshot.rescore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The shipped scorer against its networks worked out unit by unit. */
class ScorerTest {
  private static final Path FILE = Path.of("../models/bias/rescorer.json");

  @Test
  void isTheSameToTheBitAsUnitByUnit() throws IOException {
    byte[] json = Files.readAllBytes(FILE);
    JsonNode file = new ObjectMapper().readTree(json);
    Scorer scorer = Scorer.read(json);
    Random random = new Random(6);
    for (int round = 0; round < 500; round++) {
      float[] features = new float[Feature.COUNT];
      for (int i = 0; i < features.length; i++) {
        features[i] = (float) random.nextGaussian() * 3;
      }
      assertThat(scorer.of(10, true).probability(features))
          .isEqualTo(unitByUnit(file.get("n_best"), features));
      assertThat(scorer.of(1, false).probability(features))
          .isEqualTo(unitByUnit(file.get("one_best"), features));
      assertThat(scorer.of(1, true).probability(features))
          .isEqualTo(unitByUnit(file.get("one_best_stated"), features));
    }
  }

  private static double unitByUnit(JsonNode network, float[] features) {
    float logit = number(network.get("out_bias"));
    for (int unit = 0; unit < network.get("hidden").size(); unit++) {
      float sum = number(network.get("hidden_bias").get(unit));
      for (int i = 0; i < features.length; i++) {
        float scaled =
            (features[i] - number(network.get("means").get(i)))
                * number(network.get("scales").get(i));
        sum += number(network.get("hidden").get(unit).get(i)) * Math.max(-4, Math.min(4, scaled));
      }
      if (sum > 0) {
        logit += number(network.get("out").get(unit)) * sum;
      }
    }
    return 1 / (1 + Math.exp(-logit));
  }

  private static float number(JsonNode node) {
    return Float.parseFloat(node.asText());
  }
}
