package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LlamaTokenizerTest {
  /** Three special ids, the 256 bytes, characters, and what these are merged to. */
  private static final List<String> PIECES = pieces();

  private static final List<int[]> MERGES =
      merges("▁ b", "e r", "a u", "▁b au", "▁ba u", "▁bau er", "▁ m", "e g", "b e", "e e");

  private static List<String> pieces() {
    List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int i = 0; i < 256; i++) {
      pieces.add(String.format("<0x%02X>", i));
    }
    pieces.addAll(List.of("▁", "a", "b", "e", "g", "m", "r", "u"));
    pieces.addAll(List.of("▁b", "er", "au", "▁bau", "▁ba", "▁bauer", "▁m", "eg", "be", "ee"));
    return pieces;
  }

  private static List<int[]> merges(String... pairs) {
    List<int[]> merges = new ArrayList<>();
    for (String pair : pairs) {
      String[] two = pair.split(" ", -1);
      merges.add(new int[] {PIECES.indexOf(two[0]), PIECES.indexOf(two[1])});
    }
    return merges;
  }

  private final LlamaTokenizer tokenizer = new LlamaTokenizer(PIECES, MERGES);

  private List<String> encoded(String text) {
    return tokenizer.encode(text).stream().map(tokenizer::piece).toList();
  }

  @Test
  void mergesEarlierPairsFirst() {
    assertThat(encoded("bauer")).containsExactly("▁bauer");
    assertThat(encoded("meg bauer")).containsExactly("▁m", "eg", "▁bauer");
    assertThat(encoded("eer")).containsExactly("▁", "e", "er");
    assertThat(encoded("beg")).containsExactly("▁b", "eg");
    assertThat(encoded("geee")).containsExactly("▁", "g", "ee", "e");
  }

  @Test
  void writesACharacterWithoutAPieceAsBytes() {
    assertThat(encoded("é")).containsExactly("▁", "<0xC3>", "<0xA9>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bauer", "meg bauer", "beer", "é", "rage über 李", "a  b"})
  void decodesWhatItEncodes(String text) {
    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
  }

  @Test
  void leavesOutWhatIsNoText() {
    assertThat(tokenizer.decode(List.of(1, PIECES.indexOf("▁bauer"), 2, 32_001)))
        .isEqualTo("bauer");
  }

  @Test
  void refusesABlankText() {
    assertThatThrownBy(() -> tokenizer.encode(" ")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsWhatTheSourceEmbeds(@TempDir Path folder) throws IOException {
    ByteBuffer merges = ByteBuffer.allocate(4 * MERGES.size()).order(ByteOrder.LITTLE_ENDIAN);
    MERGES.forEach(pair -> merges.putShort((short) pair[0]).putShort((short) pair[1]));
    Path source = folder.resolve("tokenizer.js");
    Files.writeString(
        source,
        "const llama_vocab_base64 = \""
            + base64(String.join("\n", PIECES).getBytes(StandardCharsets.UTF_8))
            + "\"\nconst llama_merges_binary = \""
            + base64(merges.array())
            + "\"\n");

    assertThat(LlamaTokenizer.read(source).encode("meg bauer"))
        .isEqualTo(tokenizer.encode("meg bauer"));

    Files.writeString(source, "const other = 1");
    assertThatThrownBy(() -> LlamaTokenizer.read(source)).isInstanceOf(IOException.class);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
