package dev.earshot.perf.asr;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/** Sound as samples in -1 to 1. */
final class Audio {
  private static final float FULL_SCALE = 32_768;

  private Audio() {}

  /**
   * Reads one channel of a WAV file, at another rate if need be (a windowed sinc, the JDK's).
   *
   * @throws IOException if it is no sound that the JDK reads
   */
  static float[] read(Path file, int sampleRate) throws IOException {
    AudioFormat format =
        new AudioFormat(
            AudioFormat.Encoding.PCM_SIGNED,
            sampleRate,
            Short.SIZE,
            1,
            Short.BYTES,
            sampleRate,
            false,
            Map.of("interpolation", "sinc"));
    try (AudioInputStream original = AudioSystem.getAudioInputStream(file.toFile());
        InputStream resampled = AudioSystem.getAudioInputStream(format, original)) {
      byte[] bytes = resampled.readAllBytes();
      float[] samples = new float[bytes.length / Short.BYTES];
      for (int i = 0; i < samples.length; i++) {
        samples[i] = (short) ((bytes[2 * i] & 0xFF) | (bytes[2 * i + 1] << 8)) / FULL_SCALE;
      }
      return samples;
    } catch (UnsupportedAudioFileException e) {
      throw new IOException(file + " is not a WAV file", e);
    }
  }

  /** With silence before and after. */
  static float[] padded(float[] samples, int before, int after) {
    float[] result = new float[before + samples.length + after];
    System.arraycopy(samples, 0, result, before, samples.length);
    return result;
  }
}
