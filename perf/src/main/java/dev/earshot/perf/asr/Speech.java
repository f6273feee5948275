package dev.earshot.perf.asr;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The sound of turns: spoken or recorded, with a quarter of a second before and after, and with
 * noise. The sound depends on the turn alone, and on what the others of the split say, of which
 * babble is made. Not thread-safe.
 */
final class Speech {
  private static final int MARGIN = Moonshine.SAMPLE_RATE / 4;
  private static final int BABBLE_SPEAKERS = 6;
  private static final int BABBLE_SENTENCES = 12;
  private static final long BABBLE_SEED = 11;

  private final Synthesis synthesis;
  private final Split split;
  private final List<String> sentences;
  private List<float[]> babble = List.of();

  /**
   * Makes the speech of a split.
   *
   * @param turns of the split; the unrelated ones are what people in the background say
   */
  Speech(Synthesis synthesis, Split split, List<Turn> turns) {
    this.synthesis = synthesis;
    this.split = split;
    List<String> unrelated = new ArrayList<>();
    for (Turn turn : turns) {
      if (turn.relation() == Turn.Relation.UNRELATED) {
        unrelated.add(turn.reference());
      }
    }
    Collections.shuffle(unrelated, new Random(BABBLE_SEED));
    this.sentences = unrelated;
  }

  /** Samples at the recogniser's rate. */
  float[] of(Turn turn) throws IOException, InterruptedException {
    float[] samples =
        turn.voice().startsWith(Turn.RECORDING)
            ? Audio.read(
                Path.of(turn.voice().substring(Turn.RECORDING.length())), Moonshine.SAMPLE_RATE)
            : synthesis.speak(turn.voice(), turn.reference());
    float[] padded = Audio.padded(samples, MARGIN, MARGIN);
    Integer snr = turn.snr();
    if (snr == null) {
      return padded;
    }
    Random random = new Random(turn.turn().hashCode());
    float[] noise =
        switch (turn.noise()) {
          case "white" -> Noise.white(padded.length, random);
          case "babble" -> Noise.babble(babble(), padded.length, random);
          default ->
              throw new IOException(
                  "noise: " + turn.noise() + " (expected: clean, babble or white)");
        };
    return Noise.mix(padded, noise, snr);
  }

  private List<float[]> babble() throws IOException, InterruptedException {
    if (babble.isEmpty()) {
      List<float[]> speakers = new ArrayList<>();
      for (int i = 0; i < BABBLE_SPEAKERS; i++) {
        int from = i * BABBLE_SENTENCES;
        if (sentences.size() < from + BABBLE_SENTENCES) {
          throw new IOException(
              "unrelated turns: "
                  + sentences.size()
                  + " (expected: enough for babble, "
                  + BABBLE_SPEAKERS * BABBLE_SENTENCES
                  + ")");
        }
        speakers.add(
            synthesis.speak(
                Voices.of(split).get(i % Voices.of(split).size()),
                String.join(" ", sentences.subList(from, from + BABBLE_SENTENCES))));
      }
      babble = speakers;
    }
    return babble;
  }
}
