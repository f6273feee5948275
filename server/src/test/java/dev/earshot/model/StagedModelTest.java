package dev.earshot.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.earshot.model.Workspace.WeightedTexts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped bundle searched in stages, against its graph. */
class StagedModelTest {
  private static final int TOP = 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static OnnxShortlistModel flat;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static OnnxShortlistModel staged;

  @TempDir
  @SuppressWarnings("NullAway.Init") // Set by JUnit.
  private Path directory;

  @BeforeAll
  static void load() throws Exception {
    flat = Bundles.load();
    staged = load(Bundles.DEFAULT, Search.STAGED);
  }

  @AfterAll
  static void close() {
    flat.close();
    staged.close();
  }

  private record Answer(List<Integer> rows, List<Float> logProbabilities, float scopeScore) {}

  @Test
  void givesTheGraphsAnswers() throws Exception {
    List<Tokens> texts = texts();
    List<EnabledSkills> users = users(texts.size());
    List<Answer> expected = answers(flat, texts, users, 1);
    List<Answer> actual = answers(staged, texts, users, 1);
    int found = 0;
    for (int i = 0; i < texts.size(); i++) {
      Set<Integer> rows = new HashSet<>(actual.get(i).rows);
      found += (int) expected.get(i).rows.stream().filter(rows::contains).count();
      assertThat(actual.get(i).logProbabilities.get(0))
          .isCloseTo(expected.get(i).logProbabilities.get(0), within(0.1f));
      assertThat(actual.get(i).scopeScore).isCloseTo(expected.get(i).scopeScore, within(0.1f));
    }
    assertThat(found).isGreaterThanOrEqualTo((int) (0.99 * TOP * texts.size()));
  }

  @Test
  void answersTheSameAloneAndInABatch() throws Exception {
    List<Tokens> texts = texts();
    List<EnabledSkills> users = users(texts.size());

    assertThat(answers(staged, texts, users, 7)).isEqualTo(answers(staged, texts, users, 1));
  }

  @Test
  void takesTheGraphOfItselfForAsFewSkillsAsThese() throws Exception {
    try (OnnxShortlistModel model = load(Bundles.DEFAULT, Search.AUTO)) {
      assertThat(model.search()).isEqualTo(Search.FLAT);
    }
    assertThat(staged.search()).isEqualTo(Search.STAGED);
  }

  @Test
  void needsTheParametersOfTheGraph() throws Exception {
    Bundles.copyTo(directory);
    Files.delete(directory.resolve(ClassifyParameters.FILE));
    edit(manifest -> manifest.withObject("/files").remove(ClassifyParameters.FILE));

    assertThatThrownBy(() -> load(directory, Search.STAGED))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("the bundle has no classify.json");
    try (OnnxShortlistModel model = load(directory, Search.AUTO)) {
      assertThat(model.search()).isEqualTo(Search.FLAT);
    }
  }

  @Test
  void refusesParametersThatAreNone() throws Exception {
    Bundles.copyTo(directory);
    for (String problem :
        List.of("\"logit_scale\": 0", "\"query_scale\": -1", "\"weights\": [1, 2]")) {
      String field = problem.substring(0, problem.indexOf(':'));
      byte[] json =
          Files.readString(Bundles.DEFAULT.resolve(ClassifyParameters.FILE))
              .replaceFirst(field + ": (\\[[^]]*]|[^,}]*)", problem)
              .getBytes(java.nio.charset.StandardCharsets.UTF_8);
      Files.write(directory.resolve(ClassifyParameters.FILE), json);
      edit(manifest ->
          manifest
              .withObject("/files")
              .putObject(ClassifyParameters.FILE)
              .put("bytes", json.length)
              .put("sha256", Bundles.sha256(json)));

      assertThatThrownBy(() -> Bundle.open(directory))
          .isInstanceOf(BundleException.class)
          .hasMessageContaining(field.replace("\"", ""))
          .hasMessageContaining("expected");
    }
  }

  @Test
  void endsARunThatTakesTooLong() throws Exception {
    try (Workspace workspace = staged.workspace(1)) {
      List<EnabledSkills> nobody = List.of(EnabledSkills.NONE);
      workspace.encode(List.of(WeightedTexts.of(texts().get(0))));
      workspace.attend(nobody);
      workspace.terminate();
      assertThatThrownBy(() -> workspace.classify(nobody, 5))
          .isInstanceOf(RunTerminatedException.class);
      workspace.resume();
      workspace.classify(nobody, 5);
    }
  }

  private static OnnxShortlistModel load(Path bundle, Search search) throws Exception {
    return OnnxShortlistModel.load(bundle, OnnxRuntime.start(ExecutionProvider.CPU), 8, search);
  }

  private static List<Tokens> texts() throws Exception {
    return GoldenVectors.read(flat.bundle()).vectors().stream()
        .filter(golden -> !golden.answersOrNone().isEmpty())
        .map(golden -> flat.tokenizer().tokenize(golden.text()))
        .toList();
  }

  /** Nobody, and users with up to thirty skills. */
  private static List<EnabledSkills> users(int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            flat.enabledSkills(IntStream.range(0, i % 4 * 10).map(e -> 7 * i + 101 * e).toArray()))
        .toList();
  }

  private static List<Answer> answers(
      OnnxShortlistModel model, List<Tokens> texts, List<EnabledSkills> users, int batch) {
    List<Answer> answers = new ArrayList<>();
    try (Workspace workspace = model.workspace(batch)) {
      for (int from = 0; from < texts.size(); from += batch) {
        int to = Math.min(texts.size(), from + batch);
        workspace.encode(texts.subList(from, to).stream().map(WeightedTexts::of).toList());
        workspace.attend(users.subList(from, to));
        workspace.classify(users.subList(from, to), TOP);
        for (int request = 0; request < to - from; request++) {
          List<Integer> rows = new ArrayList<>();
          List<Float> logProbabilities = new ArrayList<>();
          for (int rank = 0; rank < TOP; rank++) {
            rows.add(workspace.topRow(request, rank));
            logProbabilities.add(workspace.topLogProbability(request, rank));
          }
          answers.add(new Answer(rows, logProbabilities, workspace.scopeScore(request)));
        }
      }
    }
    return answers;
  }

  private void edit(java.util.function.Consumer<ObjectNode> change) throws Exception {
    ObjectNode manifest = (ObjectNode) JSON.readTree(directory.resolve(Manifest.FILE).toFile());
    change.accept(manifest);
    Bundles.writeManifest(directory, JSON.writeValueAsString(manifest));
  }
}
