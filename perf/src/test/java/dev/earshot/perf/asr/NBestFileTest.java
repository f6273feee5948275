package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.earshot.perf.asr.NBestFile.Entry;
import dev.earshot.perf.asr.NBestFile.NBest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NBestFileTest {
  @TempDir private Path folder;
  private Path file = Path.of("");

  private static NBest heard(String turn) {
    return new NBest(turn, "free", List.of(new Entry("power", -0.5, 1, 0)));
  }

  @BeforeEach
  void writeTwo() throws IOException {
    file = folder.resolve("nbest.test.jsonl");
    try (NBestFile lists = new NBestFile(file)) {
      lists.add(heard("a"));
      lists.add(heard("b"));
    }
  }

  @Test
  void goesOnWhereItStopped() throws IOException {
    try (NBestFile lists = new NBestFile(file)) {
      assertThat(lists.contains("a")).isTrue();
      assertThat(lists.contains("c")).isFalse();
      lists.add(heard("c"));
    }

    assertThat(NBestFile.read(file)).containsExactly(heard("a"), heard("b"), heard("c"));
  }

  @Test
  void makesALineAnewThatWasTorn() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, List.of(), StandardOpenOption.TRUNCATE_EXISTING);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 5));

    try (NBestFile lists = new NBestFile(file)) {
      assertThat(lists.contains("a")).isTrue();
      assertThat(lists.contains("b")).isFalse();
      lists.add(heard("b"));
    }

    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @Test
  void refusesAFileThatIsSomethingElse() throws IOException {
    Files.writeString(file, "something else\n");

    assertThatThrownBy(() -> new NBestFile(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("byte 0");
  }
}
