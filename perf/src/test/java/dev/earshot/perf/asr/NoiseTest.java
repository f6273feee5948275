package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseTest {
  private static final int SECOND = 16_000;

  private static float[] tone(int length, double amplitude) {
    float[] samples = new float[length];
    for (int i = 0; i < length; i++) {
      samples[i] = (float) (amplitude * Math.sin(2 * Math.PI * 440 * i / SECOND));
    }
    return samples;
  }

  @Test
  void pausesDoNotCountAsSpeech() {
    float[] speech = tone(SECOND, 0.5);

    assertThat(Noise.activePower(speech)).isCloseTo(0.125, within(0.001));
    assertThat(Noise.activePower(Audio.padded(speech, SECOND, 2 * SECOND)))
        .isCloseTo(0.125, within(0.001));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 5, 0})
  void noiseHasTheRatioAskedFor(int snr) {
    float[] speech = Audio.padded(tone(SECOND, 0.3), SECOND / 4, SECOND / 4);
    float[] noise = Noise.white(speech.length, new Random(1));

    float[] mixed = Noise.mix(speech, noise, snr);

    float[] added = new float[speech.length];
    for (int i = 0; i < added.length; i++) {
      added[i] = mixed[i] - speech[i];
    }
    assertThat(10 * Math.log10(Noise.activePower(speech) / Noise.power(added)))
        .isCloseTo(snr, within(0.01));
  }

  @Test
  void eachSpeakerOfBabbleIsAsLoudAsTheOthers() {
    float[] loud = tone(SECOND, 0.9);
    float[] quiet = Noise.white(2 * SECOND, new Random(2));

    float[] both = Noise.babble(List.of(loud, quiet), 3 * SECOND, new Random(3));

    assertThat(Noise.power(both)).isCloseTo(2, within(0.1));
    assertThat(both).isEqualTo(Noise.babble(List.of(loud, quiet), 3 * SECOND, new Random(3)));
  }

  @Test
  void refusesSilenceAsNoise() {
    assertThatThrownBy(() -> Noise.mix(tone(100, 1), new float[100], 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("power 0.0");
  }
}
