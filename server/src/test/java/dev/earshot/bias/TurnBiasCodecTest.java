package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.bias.TurnBias.Extent;
import dev.earshot.bias.TurnBias.Origin;
import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.model.ContextVector;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.phrase.Phrases;
import dev.earshot.pronunciation.Phone;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.store.Bytes;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TurnBiasCodecTest {
  private static final Instant EXPIRES = Instant.parse("2026-01-01T12:15:00Z");

  private final TurnBiasCodec codec = new TurnBiasCodec("models-1");

  private final TurnBias bias =
      new TurnBias(
          new Origin("i", "d", "ann", "en-US", 7, Optional.of(EXPIRES), 3, 100),
          new Phrases(
              List.of(
                  new BiasPhrase(
                      "bauer",
                      2.25,
                      "Bauer",
                      List.of(
                          Pronunciation.of(Phone.B, Phone.AW, Phone.ER),
                          Pronunciation.of(Phone.B, Phone.AW)),
                      "CONTACT",
                      PhraseSource.REPLY,
                      "en-US"),
                  new BiasPhrase(
                      "köln", 0.5, "Köln", List.of(), "PLACE", PhraseSource.PROFILE, "de")),
              4),
          "who?\nmeg bauer",
          Optional.of(
              ContextVector.of("m", 2, 3, new float[] {1, -2, 0.5f, Float.MIN_VALUE, 0, 1e9f})),
          Extent.FULL,
          Map.of(Context.PRONUNCIATION, Reason.UNSUPPORTED_LANGUAGE));

  @Test
  void readsWhatItWrote() {
    TurnBias read = codec.decode(codec.encode(bias), "i", 7, EXPIRES).orElseThrow();

    assertThat(read.origin()).isEqualTo(bias.origin());
    assertThat(read.phrases()).isEqualTo(bias.phrases());
    assertThat(read.contextText()).isEqualTo(bias.contextText());
    assertThat(read.vector()).isEqualTo(bias.vector());
    assertThat(read.missing()).isEqualTo(bias.missing());
    assertThat(read.version()).isEqualTo(bias.version());
  }

  @Test
  void doesNotReadWhatOtherModelsMade() {
    assertThat(new TurnBiasCodec("models-2").decode(codec.encode(bias), "i", 7, EXPIRES)).isEmpty();
  }

  @Test
  void doesNotReadWhatAnotherEditionWrote() {
    byte[] whole = codec.encode(bias).array();
    for (int length = 0; length < whole.length; length++) {
      assertThat(codec.decode(Bytes.wrap(Arrays.copyOf(whole, length)), "i", 7, EXPIRES))
          .as("the first %d bytes", length)
          .isEmpty();
    }
    whole[0]++;
    assertThat(codec.decode(Bytes.wrap(whole), "i", 7, EXPIRES)).isEmpty();
  }
}
