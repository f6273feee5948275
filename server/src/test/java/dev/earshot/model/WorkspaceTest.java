package dev.earshot.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.earshot.model.Workspace.WeightedTexts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WorkspaceTest {
  private static final int TOP = 20;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static OnnxShortlistModel model;

  @BeforeAll
  static void load() throws Exception {
    model = Bundles.load();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  /** A request and its answer, to the bit. */
  private record Answer(List<Integer> rows, List<Float> logProbabilities, float scopeScore) {}

  @Test
  void answersTheSameAloneInEveryBatchSizeAndInEveryShapeBucket() throws Exception {
    List<Tokens> texts = goldenTexts();
    List<EnabledSkills> users = users(texts.size());
    List<Answer> alone = new ArrayList<>();
    try (Workspace workspace = model.workspace(1)) {
      for (int i = 0; i < texts.size(); i++) {
        alone.addAll(answers(workspace, texts.subList(i, i + 1), users.subList(i, i + 1)));
      }
    }
    int max = 16;
    try (Workspace workspace = model.workspace(max)) {
      for (int size = 2; size <= max; size++) {
        for (int from = 0; from + size <= texts.size(); from += size) {
          assertThat(
                  answers(
                      workspace,
                      texts.subList(from, from + size),
                      users.subList(from, from + size)))
              .isEqualTo(alone.subList(from, from + size));
        }
      }
      // A long neighbour and one with many skills stretch the shapes of the whole batch.
      for (int words = 8; words <= model.tokenizer().maxWords(); words += 8) {
        Tokens neighbour = model.tokenizer().tokenize("zq ".repeat(words));
        EnabledSkills manySkills = user(0, 4 * words);
        for (int i = 0; i < texts.size(); i++) {
          List<Answer> both =
              answers(
                  workspace, List.of(texts.get(i), neighbour), List.of(users.get(i), manySkills));
          assertThat(both.get(0)).isEqualTo(alone.get(i));
        }
      }
    }
  }

  @Test
  void answersTheSameWhereABatchIsTooLongForOneEncoderRun() {
    List<Tokens> texts = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      String word = i % 3 == 0 ? "zqx" + i + " " : "timer ";
      texts.add(model.tokenizer().tokenize(word.repeat(1 + i * 37 % 64)));
    }
    List<EnabledSkills> users = users(16);
    List<Answer> alone = new ArrayList<>();
    try (Workspace workspace = model.workspace(1)) {
      for (int i = 0; i < 16; i++) {
        alone.addAll(answers(workspace, texts.subList(i, i + 1), users.subList(i, i + 1)));
      }
    }
    try (Workspace workspace = model.workspace(16)) {
      assertThat(answers(workspace, texts, users)).isEqualTo(alone);
      // The same by way of hypotheses: the last text twice, with half the weight each.
      List<WeightedTexts> hypotheses =
          new ArrayList<>(texts.stream().map(WeightedTexts::of).toList());
      Tokens last = texts.get(15);
      hypotheses.set(15, new WeightedTexts(List.of(last, last), List.of(0.5f, 0.5f)));
      workspace.encode(hypotheses);
      workspace.attend(users);
      workspace.classify(users, TOP);
      for (int i = 0; i < 16; i++) {
        assertThat(workspace.topRow(i, 0)).isEqualTo(alone.get(i).rows.get(0));
        assertThat(workspace.topLogProbability(i, 0))
            .isEqualTo(alone.get(i).logProbabilities.get(0));
      }
    }
  }

  @Test
  void answersTheSameWhereShortTextsShareARunWithALongOne() {
    List<Tokens> texts = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      // One, in places two, of each eight are long, some exactly as long as the padded shape.
      int words = i % 8 == 5 ? 8 + i : i % 5 == 4 ? 16 : 1 + i % 8;
      String word = i % 4 == 2 ? "zqx" + i + " " : i % 2 == 0 ? "timer " : "weather ";
      texts.add(model.tokenizer().tokenize(word.repeat(words)));
    }
    List<EnabledSkills> users = users(16);
    List<Answer> alone = new ArrayList<>();
    try (Workspace workspace = model.workspace(1)) {
      for (int i = 0; i < 16; i++) {
        alone.addAll(answers(workspace, texts.subList(i, i + 1), users.subList(i, i + 1)));
      }
    }
    try (Workspace workspace = model.workspace(16)) {
      for (int size = 2; size <= 16; size++) {
        for (int from = 0; from + size <= 16; from++) {
          assertThat(
                  answers(
                      workspace,
                      texts.subList(from, from + size),
                      users.subList(from, from + size)))
              .isEqualTo(alone.subList(from, from + size));
        }
      }
    }
  }

  @Test
  void probabilitiesOfAllSkillsSumToOne() {
    try (Workspace workspace = model.workspace(1)) {
      Tokens tokens = model.tokenizer().tokenize("set a timer for ten minutes");
      Answer answer = answers(workspace, List.of(tokens), List.of(EnabledSkills.NONE), 100).get(0);
      double sum = answer.logProbabilities.stream().mapToDouble(Math::exp).sum();

      assertThat(sum).isBetween(0.5, 1.0001);
      assertThat(answer.logProbabilities).isSortedAccordingTo(Collections.reverseOrder());
    }
  }

  @Test
  void readsAUserOfAsManySkillsAsAProfileMayHave() {
    try (Workspace workspace = model.workspace(4)) {
      Tokens tokens = model.tokenizer().tokenize("will it rain tomorrow");
      EnabledSkills many = user(0, workspace.maxEnabled());
      List<Answer> answers =
          answers(workspace, Collections.nCopies(4, tokens), List.of(many, user(9, 3), many, many));

      assertThat(answers.get(2)).isEqualTo(answers.get(0));
      assertThat(answers.get(3)).isEqualTo(answers.get(0));
      assertThat(answers.get(1)).isNotEqualTo(answers.get(0));
    }
  }

  @Test
  void anEnabledSkillBecomesMoreProbable() {
    try (Workspace workspace = model.workspace(1)) {
      Tokens tokens = model.tokenizer().tokenize("what is the weather like");
      Answer before = answers(workspace, List.of(tokens), List.of(EnabledSkills.NONE)).get(0);
      int third = before.rows.get(2);
      Answer after =
          answers(workspace, List.of(tokens), List.of(model.enabledSkills(new int[] {third})))
              .get(0);

      assertThat(after.rows.indexOf(third)).isLessThan(2).isNotNegative();
    }
  }

  @Test
  void averagesHypothesesByTheirWeights() {
    try (Workspace workspace = model.workspace(2)) {
      Tokens weather = model.tokenizer().tokenize("will it rain tomorrow");
      Tokens music = model.tokenizer().tokenize("play some jazz");
      List<Answer> single = answers(workspace, List.of(weather), List.of(EnabledSkills.NONE));
      WeightedTexts nearlyOne =
          new WeightedTexts(List.of(weather, music), List.of(0.999999f, 0.000001f));
      // Five texts in a workspace of two rows: encoded in three runs.
      WeightedTexts same =
          new WeightedTexts(Collections.nCopies(5, weather), Collections.nCopies(5, 0.2f));
      workspace.encode(List.of(nearlyOne, same));
      List<EnabledSkills> nobody = List.of(EnabledSkills.NONE, EnabledSkills.NONE);
      workspace.attend(nobody);
      workspace.classify(nobody, TOP);

      for (int request = 0; request < 2; request++) {
        assertThat(workspace.topRow(request, 0)).isEqualTo(single.get(0).rows.get(0));
        assertThat(workspace.topLogProbability(request, 0))
            .isCloseTo(single.get(0).logProbabilities.get(0), within(0.05f));
      }
    }
  }

  private static List<Tokens> goldenTexts() throws Exception {
    return GoldenVectors.read(model.bundle()).vectors().stream()
        .map(golden -> model.tokenizer().tokenize(golden.text()))
        .toList();
  }

  /** Every other one without a user; the rest with one to some forty skills. */
  private static List<EnabledSkills> users(int count) {
    List<EnabledSkills> users = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      users.add(i % 2 == 0 ? EnabledSkills.NONE : user(i, 1 + i * 7 % 40));
    }
    return users;
  }

  private static EnabledSkills user(int first, int count) {
    int[] rows = new int[count];
    for (int i = 0; i < count; i++) {
      rows[i] = first + i * 2;
    }
    return model.enabledSkills(rows);
  }

  private static List<Answer> answers(
      Workspace workspace, List<Tokens> texts, List<EnabledSkills> users) {
    return answers(workspace, texts, users, TOP);
  }

  private static List<Answer> answers(
      Workspace workspace, List<Tokens> texts, List<EnabledSkills> users, int k) {
    workspace.encode(texts.stream().map(WeightedTexts::of).toList());
    workspace.attend(users);
    workspace.classify(users, k);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      List<Integer> rows = new ArrayList<>();
      List<Float> logProbabilities = new ArrayList<>();
      for (int rank = 0; rank < k; rank++) {
        rows.add(workspace.topRow(i, rank));
        logProbabilities.add(workspace.topLogProbability(i, rank));
      }
      answers.add(new Answer(rows, logProbabilities, workspace.scopeScore(i)));
    }
    return answers;
  }
}
