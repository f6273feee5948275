package dev.earshot.perf.asr;

import java.util.List;
import java.util.Random;

/** Noise at a given ratio to speech. */
final class Noise {
  /** Of 20 ms at 16 kHz. */
  private static final int FRAME = 320;

  /** Frames so far below the loudest are pauses. */
  private static final double ACTIVE_DB = 35;

  private Noise() {}

  /**
   * The mean power of the frames of 20 ms in which someone speaks: those within 35 dB of the
   * loudest. (In the spirit of ITU-T P.56, whose threshold follows an envelope.)
   */
  static double activePower(float[] speech) {
    int frames = Math.max(1, speech.length / FRAME);
    double[] powers = new double[frames];
    double loudest = 0;
    for (int frame = 0; frame < frames; frame++) {
      int from = frame * FRAME;
      powers[frame] = power(speech, from, Math.min(speech.length, from + FRAME));
      loudest = Math.max(loudest, powers[frame]);
    }
    double threshold = loudest * Math.pow(10, -ACTIVE_DB / 10);
    double sum = 0;
    int active = 0;
    for (double power : powers) {
      if (power >= threshold) {
        sum += power;
        active++;
      }
    }
    return sum / active;
  }

  /** The mean power of all of it. */
  static double power(float[] samples) {
    return power(samples, 0, samples.length);
  }

  private static double power(float[] samples, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += samples[i] * samples[i];
    }
    return to > from ? sum / (to - from) : 0;
  }

  /**
   * Adds noise.
   *
   * @param noise as long as the speech
   * @param snrDb power of active speech over the noise's, in dB
   * @return samples that may exceed -1 to 1, which the recogniser does not mind
   */
  static float[] mix(float[] speech, float[] noise, double snrDb) {
    double noisePower = power(noise);
    if (noise.length != speech.length || !(noisePower > 0)) {
      throw new IllegalArgumentException(
          "noise: "
              + noise.length
              + " samples of power "
              + noisePower
              + " (expected: "
              + speech.length
              + " samples that are not silent)");
    }
    double gain = Math.sqrt(activePower(speech) / Math.pow(10, snrDb / 10) / noisePower);
    float[] mixed = new float[speech.length];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (float) (speech[i] + gain * noise[i]);
    }
    return mixed;
  }

  /** White Gaussian noise. */
  static float[] white(int length, Random random) {
    float[] noise = new float[length];
    for (int i = 0; i < length; i++) {
      noise[i] = (float) random.nextGaussian();
    }
    return noise;
  }

  /**
   * People who talk at once, as loud as each other, each from a place in what they say that is
   * drawn anew.
   *
   * @param speakers what each says, repeated as often as needed
   */
  static float[] babble(List<float[]> speakers, int length, Random random) {
    float[] noise = new float[length];
    for (float[] speaker : speakers) {
      double gain = 1 / Math.sqrt(power(speaker));
      int from = random.nextInt(speaker.length);
      for (int i = 0; i < length; i++) {
        noise[i] += (float) (gain * speaker[(from + i) % speaker.length]);
      }
    }
    return noise;
  }
}
