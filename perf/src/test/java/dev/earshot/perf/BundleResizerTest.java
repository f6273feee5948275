package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.ShortlistModel;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BundleResizerTest {
  private static final Path SHIPPED = BundleOptions.shippedBundle();
  private static final List<String> TEXTS =
      List.of("will it rain tomorrow", "ask bart times when the next train leaves", "zxqv gnorf");

  @TempDir private Path folder;
  private OnnxRuntime runtime;

  @BeforeEach
  void startRuntime() throws Exception {
    runtime = OnnxRuntime.start(ExecutionProvider.CPU);
  }

  @Test
  void rowsOfTheOriginalAnswerAsBeforeInALargerBundle() throws Exception {
    Path grown = folder.resolve("grown");
    try (OnnxShortlistModel original = OnnxShortlistModel.load(SHIPPED, runtime, 1)) {
      int before = original.skills().size();
      BundleResizer.resize(SHIPPED, grown, 2 * before + 7, 3);
      try (OnnxShortlistModel large = OnnxShortlistModel.load(grown, runtime, 1)) {
        assertThat(large.skills().size()).isEqualTo(2 * before + 7);
        for (int row : new int[] {0, before / 2, before - 1}) {
          assertThat(large.skills().id(row)).isEqualTo(original.skills().id(row));
          assertThat(large.skills().id(row + before))
              .isEqualTo(original.skills().id(row) + "~" + (row + before));
        }
        int[] enabled = {3, before / 3, before - 2};
        for (String text : TEXTS) {
          for (int[] rows : List.of(new int[0], enabled)) {
            List<Ranked> expected = top(original, text, rows, 5);
            List<Ranked> kept =
                top(large, text, rows, 100).stream().filter(r -> r.row < before).toList();
            assertThat(kept).hasSizeGreaterThanOrEqualTo(1);
            // The same logits over another sum: differences of log probabilities stay.
            float shift = kept.get(0).logProbability - expected.get(0).logProbability;
            assertThat(shift).isLessThan(0);
            for (int rank = 0; rank < Math.min(kept.size(), expected.size()); rank++) {
              assertThat(kept.get(rank).row).isEqualTo(expected.get(rank).row);
              assertThat(kept.get(rank).logProbability - expected.get(rank).logProbability)
                  .isCloseTo(shift, within(1e-4f));
            }
          }
        }
      }
    }
  }

  @Test
  void copiesKeepTheirRowsLengthAndDifferFromIt() throws Exception {
    Path grown = folder.resolve("grown");
    int before = Bundle.open(SHIPPED).skills().size();
    BundleResizer.resize(SHIPPED, grown, before + 50, 3);
    Bundle bundle = Bundle.open(grown);
    int dimension = bundle.manifest().dimensions().query();
    for (int row = 0; row < 50; row++) {
      EnabledSkills pair = bundle.enabledSkills(new int[] {row, row + before});
      double dot = 0;
      double[] squares = new double[2];
      for (int i = 0; i < dimension; i++) {
        double first = pair.rows()[i] * pair.scales()[0];
        double second = pair.rows()[dimension + i] * pair.scales()[1];
        dot += first * second;
        squares[0] += first * first;
        squares[1] += second * second;
      }
      assertThat(squares[1]).isCloseTo(squares[0], within(1e-3 * squares[0]));
      assertThat(dot / Math.sqrt(squares[0] * squares[1])).isBetween(0.9, 0.999);
      assertThat(pair.boosts()[1]).isEqualTo(pair.boosts()[0]);
    }
  }

  @Test
  void aSmallerBundleHoldsTheFirstSkills() throws Exception {
    Path small = folder.resolve("small");
    BundleResizer.resize(SHIPPED, small, 100, 3);
    try (OnnxShortlistModel model = OnnxShortlistModel.load(small, runtime, 1)) {
      assertThat(model.skills().size()).isEqualTo(100);
      assertThat(top(model, TEXTS.get(0), new int[0], 100)).hasSize(100);
    }
    assertThat(golden(small)).anyMatch(line -> line.contains("\"answers\":[{"));
  }

  @Test
  void theSameSeedMakesTheSameBundle() throws Exception {
    int skills = Bundle.open(SHIPPED).skills().size() + 10;
    for (String name : List.of("a", "b")) {
      BundleResizer.resize(SHIPPED, folder.resolve(name), skills, 3);
    }
    BundleResizer.resize(SHIPPED, folder.resolve("c"), skills, 4);
    String a = Bundle.open(folder.resolve("a")).manifestSha256();
    assertThat(Bundle.open(folder.resolve("b")).manifestSha256()).isEqualTo(a);
    assertThat(Bundle.open(folder.resolve("c")).manifestSha256()).isNotEqualTo(a);
  }

  @Test
  void aDamagedSourceLeavesNothingBehind() throws Exception {
    Path source = Files.createDirectory(folder.resolve("source"));
    try (Stream<Path> files = Files.list(SHIPPED)) {
      for (Path file : files.toList()) {
        Files.copy(file, source.resolve(file.getFileName().toString()));
      }
    }
    Files.write(source.resolve("rows.i8"), new byte[1]);
    assertThatThrownBy(() -> BundleResizer.resize(source, folder.resolve("out"), 100, 3))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("rows.i8");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(source);
    }
  }

  @Test
  void nothingIsOverwritten() throws Exception {
    Path out = Files.createDirectory(folder.resolve("out"));
    assertThatThrownBy(() -> BundleResizer.resize(SHIPPED, out, 100, 3))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("exists already");
  }

  private static List<String> golden(Path bundle) throws IOException {
    return Files.readAllLines(bundle.resolve("golden.jsonl"));
  }

  private record Ranked(int row, float logProbability) {}

  private static List<Ranked> top(ShortlistModel model, String text, int[] enabled, int k) {
    try (Workspace workspace = model.workspace(1)) {
      List<EnabledSkills> users = List.of(model.enabledSkills(enabled));
      workspace.encode(List.of(WeightedTexts.of(model.tokenizer().tokenize(text))));
      workspace.attend(users);
      workspace.classify(users, k);
      List<Ranked> top = new ArrayList<>();
      IntStream.range(0, k)
          .forEach(rank ->
              top.add(new Ranked(workspace.topRow(0, rank), workspace.topLogProbability(0, rank))));
      return top;
    }
  }
}
