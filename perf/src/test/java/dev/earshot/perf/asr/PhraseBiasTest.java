package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.asr.PhraseBias.Phrase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PhraseBiasTest {
  private static final List<String> PIECES =
      List.of(
          "<unk>", "<s>", "</s>", "▁", "▁bau", "er", "▁Bau", "▁no", ",", "s", "B", "b", "a", "u",
          "e", "r", "n", "o", "▁B", "▁b", "▁n", "au");
  private static final LlamaTokenizer TOKENIZER =
      new LlamaTokenizer(
          PIECES,
          List.of(
              pair("e", "r"),
              pair("▁", "b"),
              pair("▁", "B"),
              pair("a", "u"),
              pair("▁b", "au"),
              pair("▁B", "au"),
              pair("▁", "n"),
              pair("▁n", "o")));

  private static int[] pair(String left, String right) {
    return new int[] {PIECES.indexOf(left), PIECES.indexOf(right)};
  }

  private final PhraseBias bias = new PhraseBias(List.of(new Phrase("bauer", 4)), TOKENIZER);

  private double total(String... pieces) {
    int state = bias.start();
    double total = 0;
    for (String piece : pieces) {
      float[] scores = new float[PIECES.size()];
      bias.add(state, scores);
      int token = PIECES.indexOf(piece);
      total += scores[token];
      state = bias.advance(state, token);
    }
    return total + bias.finish(state);
  }

  @Test
  void paysAPhraseHoweverItIsWritten() {
    assertThat(total("▁bau", "er")).isEqualTo(4);
    assertThat(total("▁Bau", "er")).isEqualTo(4);
    assertThat(total("▁no", ",", "▁Bau", "er", ",")).isEqualTo(4);
  }

  @Test
  void paysNothingForPartsOfWordsAndPhrases() {
    assertThat(total("▁no")).isZero();
    assertThat(total("▁bau")).isZero();
    assertThat(total("▁bau", "er", "s")).isZero();
  }

  @Test
  void writesNamesAsARecogniserMay() {
    assertThat(PhraseBias.writings("meg Bauer"))
        .containsExactly("meg Bauer", "meg bauer", "Meg bauer", "Meg Bauer");
  }

  @Test
  void readsPhrasesByTurn(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("phrases.jsonl"),
            "{\"turn\":\"a\",\"phrases\":[{\"text\":\"bauer\",\"boost\":4.5,\"kind\":\"CONTACT\"}]}\n");

    assertThat(PhraseBias.read(file)).containsEntry("a", List.of(new Phrase("bauer", 4.5)));
  }
}
