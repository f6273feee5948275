package dev.earshot.perf.asr;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Text to speech by espeak-ng and flite. A voice is {@code espeak:VOICE:WORDS_PER_MINUTE} or {@code
 * flite:VOICE:STRETCH}, as the programs name them. Not thread-safe: one file is written again and
 * again.
 */
final class Synthesis {
  private static final long TIMEOUT_SECONDS = 60;

  private final Path file;

  /** Makes a synthesiser that writes to a file of its own. */
  Synthesis(Path file) {
    this.file = file;
  }

  /** The program and its arguments. */
  static List<String> command(String voice, String text, Path file) {
    String[] parts = voice.split(":", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException(
          "voice: " + voice + " (expected: espeak:VOICE:WORDS_PER_MINUTE or flite:VOICE:STRETCH)");
    }
    return switch (parts[0]) {
      case "espeak" ->
          List.of("espeak-ng", "-v", parts[1], "-s", parts[2], "-w", file.toString(), "--", text);
      case "flite" ->
          List.of(
              "flite",
              "-voice",
              parts[1],
              "--setf",
              "duration_stretch=" + parts[2],
              "-t",
              text,
              "-o",
              file.toString());
      default ->
          throw new IllegalArgumentException("voice: " + voice + " (expected: espeak or flite)");
    };
  }

  /**
   * Speaks.
   *
   * @return samples at the recogniser's rate
   * @throws IOException if the program is not there, fails or says nothing
   */
  float[] speak(String voice, String text) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command(voice, text, file)).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(voice + " did not end within " + TIMEOUT_SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      throw new IOException(voice + " exited with " + process.exitValue() + ": " + output.strip());
    }
    float[] samples = Audio.read(file, Moonshine.SAMPLE_RATE);
    Files.delete(file);
    if (Noise.power(samples) == 0) {
      throw new IOException(voice + " made no sound");
    }
    return samples;
  }
}
