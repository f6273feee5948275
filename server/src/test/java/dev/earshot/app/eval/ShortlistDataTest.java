package dev.earshot.app.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.earshot.app.eval.ShortlistData.Row;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShortlistDataTest {
  @TempDir Path folder;

  @Test
  void readsAFolder() throws IOException {
    zip(
        "dev.jsonl.gz",
        "{\"user\": \"u1\", \"text\": \"any rain\", \"skill\": \"weather@a\"}",
        "{\"user\": \"u2\", \"text\": \"a timer\", \"skill\": \"timer\"}",
        "{\"user\": \"u3\", \"text\": \"beyond the limit\", \"skill\": \"timer\"}");
    zip(
        "users.dev.jsonl.gz",
        "{\"user\": \"u1\", \"enabled\": [\"weather@a\"]}",
        "{\"user\": \"u2\", \"enabled\": []}",
        "{\"user\": \"u3\", \"enabled\": [\"timer\"]}");
    zip(
        "skills.jsonl.gz",
        "{\"skill\": \"weather@a\", \"source\": \"s1\", \"capability\": \"weather\"}",
        "{\"skill\": \"weather@b\", \"source\": \"s1\", \"capability\": \"weather\"}");
    zip(
        "out_of_scope.jsonl.gz",
        "{\"text\": \"seen\", \"split\": \"oos_train\"}",
        "{\"text\": \"unseen\", \"split\": \"oos_val\"}");

    ShortlistData data = ShortlistData.read(folder, 2);

    assertThat(data.rows())
        .containsExactly(new Row("u1", "any rain", "weather@a"), new Row("u2", "a timer", "timer"));
    assertThat(data.enabledSkills()).containsOnlyKeys("u1", "u2");
    assertThat(data.isEnabled(data.rows().get(0))).isTrue();
    assertThat(data.isEnabled(data.rows().get(1))).isFalse();
    assertThat(data.outOfScope()).containsExactly("unseen");
    assertThat(data.sourceOf("weather@a")).isEqualTo("s1");
    assertThat(data.sameCapability("weather@a", "weather@b")).isTrue();
    assertThat(data.sameCapability("weather@a", "timer")).isFalse();
  }

  @Test
  void readsAFileWithoutUsers() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(file, "{\"text\": \"any rain\", \"skill\": \"weather\"}\n\n");
    ShortlistData data = ShortlistData.read(file, 0);
    assertThat(data.rows()).containsExactly(new Row("", "any rain", "weather"));
    assertThat(data.hasUsers()).isFalse();
    assertThat(data.isEnabled(data.rows().get(0))).isNull();
  }

  @Test
  void namesTheFileAndLineOfWhatIsWrong() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(file, "{\"text\": \"secret\", \"skill\": \"s\"}\n{\"text\": \"secret\"}\n");
    assertRefused(file, "rows.jsonl:2: skill: missing");
    Files.writeString(file, "{\"text\": \"secret\n");
    assertRefused(file, "rows.jsonl:1: no JSON");
    Files.writeString(file, "[]\n");
    assertRefused(file, "rows.jsonl:1: no object");
    Files.writeString(file, "");
    assertRefused(file, "rows.jsonl: no rows");
    assertRefused(folder.resolve("gone"), "gone: no such file");
    assertRefused(folder, "dev.jsonl.gz: no such file");
  }

  @Test
  void tellsDamagedArchives() throws IOException {
    Path file = zip("dev.jsonl.gz", "{\"text\": \"any rain\", \"skill\": \"weather\"}");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 6));
    assertRefused(file, "dev.jsonl.gz: damaged");
    Files.writeString(file, "no archive");
    assertRefused(file, "dev.jsonl.gz: damaged");
  }

  private static void assertRefused(Path path, String message) {
    assertThatExceptionOfType(EvalDataException.class)
        .isThrownBy(() -> ShortlistData.read(path, 0))
        .withMessageContaining(message)
        .withMessageNotContaining("secret");
  }

  private Path zip(String name, String... lines) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }
}
