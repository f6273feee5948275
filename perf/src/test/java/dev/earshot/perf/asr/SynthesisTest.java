package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SynthesisTest {
  private static final Path FILE = Path.of("/tmp/sound.wav");

  @Test
  void givesTheTextAsOneArgument() {
    assertThat(Synthesis.command("espeak:en-us+m3:150", "-no; rm $HOME", FILE))
        .containsExactly(
            "espeak-ng",
            "-v",
            "en-us+m3",
            "-s",
            "150",
            "-w",
            FILE.toString(),
            "--",
            "-no; rm $HOME");
    assertThat(Synthesis.command("flite:slt:1.1", "no, bauer", FILE))
        .containsSequence("-voice", "slt", "--setf", "duration_stretch=1.1", "-t", "no, bauer");
  }

  @Test
  void refusesAVoiceThatItDoesNotKnow() {
    assertThatThrownBy(() -> Synthesis.command("mbrola:us1:1", "bauer", FILE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mbrola");
    assertThatThrownBy(() -> Synthesis.command("espeak", "bauer", FILE))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
