package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AudioTest {
  @TempDir private Path folder;

  private Path tone(int rate, double hertz) throws IOException {
    byte[] bytes = new byte[2 * rate];
    for (int i = 0; i < rate; i++) {
      short sample = (short) (16_000 * Math.sin(2 * Math.PI * hertz * i / rate));
      bytes[2 * i] = (byte) sample;
      bytes[2 * i + 1] = (byte) (sample >> 8);
    }
    Path file = folder.resolve(rate + ".wav");
    AudioFormat format = new AudioFormat(rate, 16, 1, true, false);
    AudioSystem.write(
        new AudioInputStream(new ByteArrayInputStream(bytes), format, rate),
        AudioFileFormat.Type.WAVE,
        file.toFile());
    return file;
  }

  @ParameterizedTest
  @CsvSource({"8000, 440", "16000, 440", "22050, 440", "22050, 3000"})
  void readsAtTheRateAskedFor(int rate, double hertz) throws IOException {
    float[] samples = Audio.read(tone(rate, hertz), 16_000);

    assertThat(samples.length).isBetween(15_900, 16_100);
    assertThat(Noise.power(samples)).isCloseTo(Math.pow(16_000 / 32_768.0, 2) / 2, within(0.01));
    int crossings = 0;
    for (int i = 1; i < samples.length; i++) {
      crossings += samples[i - 1] < 0 != samples[i] < 0 ? 1 : 0;
    }
    assertThat(crossings / 2.0).isCloseTo(hertz, within(hertz / 50));
  }

  @Test
  void whatIsAboveHalfTheRateIsNotFoldedBack() throws IOException {
    assertThat(Noise.power(Audio.read(tone(22_050, 9_500), 16_000))).isLessThan(0.02);
  }

  @Test
  void saysThatAFileIsNoSound() throws IOException {
    Path file = Files.writeString(folder.resolve("text.wav"), "no sound");

    assertThatThrownBy(() -> Audio.read(file, 16_000))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("text.wav");
  }
}
