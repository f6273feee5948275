package dev.earshot.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ContextVectorTest {
  private static final float[] VALUES = {1, 2, 3, 4, 5, 6};

  @Test
  void keepsWhatItWasMadeOf() {
    float[] values = VALUES.clone();
    ContextVector vector = ContextVector.of("model-1", 2, 3, values);
    values[0] = 99;
    vector.values()[1] = 99;

    assertThat(vector.values()).containsExactly(VALUES);
    assertThat(vector.shape()).containsExactly(2, 3);
    assertThat(vector)
        .isEqualTo(ContextVector.of("model-1", 2, 3, VALUES))
        .isNotEqualTo(ContextVector.of("model-1", 3, 2, VALUES))
        .isNotEqualTo(ContextVector.of("model-2", 2, 3, VALUES));
  }

  @Test
  void refusesAShapeThatIsNotThatOfItsValues() {
    assertThatThrownBy(() -> ContextVector.of("model-1", 2, 2, VALUES))
        .hasMessage("shape [2, 2] of 6 values");
    assertThatThrownBy(() -> ContextVector.of("model-1", 0, 3, new float[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ContextVector.of("model-1", 65_536, 65_536, new float[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesValuesThatAreNotNumbers() {
    assertThatThrownBy(() -> ContextVector.of("model-1", 1, 2, new float[] {0, Float.NaN}))
        .hasMessageContaining("value 1: NaN");
  }

  @Test
  void doesNotPrintValuesOrTexts() {
    assertThat(ContextVector.of("model-1", 2, 3, VALUES))
        .hasToString("ContextVector[model-1, 2 x 3]");
    assertThat(new ContextText(ContextText.REPLY, "Meg Bauer"))
        .hasToString("ContextText[kind=REPLY]");
  }
}
