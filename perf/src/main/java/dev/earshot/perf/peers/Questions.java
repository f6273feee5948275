package dev.earshot.perf.peers;

import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.Tokenizer;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The questions that all servers are asked, with the answers of the graphs themselves. */
public final class Questions {
  private static final int FEWEST_ENABLED = 4;

  private Questions() {}

  /**
   * Every utterance whose words are all known, for each of several users with 4 to 16 enabled
   * skills.
   *
   * @param seed of what users have enabled
   */
  public static List<Question> make(Path bundle, List<String> utterances, int users, long seed)
      throws BundleException {
    List<Question> questions = new ArrayList<>();
    Random random = new Random(seed);
    try (OnnxShortlistModel model =
            OnnxShortlistModel.load(bundle, OnnxRuntime.start(ExecutionProvider.CPU), 1);
        Workspace workspace = model.workspace(1)) {
      for (int user = 0; user < users; user++) {
        int count = random.nextInt(FEWEST_ENABLED, Question.MAX_ENABLED + 1);
        int[] rows =
            random.ints(0, model.skills().size()).distinct().limit(count).sorted().toArray();
        EnabledSkills enabled = model.enabledSkills(rows);
        for (String utterance : utterances) {
          Tokens tokens = model.tokenizer().tokenize(utterance);
          if (Arrays.stream(tokens.wordIds()).noneMatch(id -> id == Tokenizer.UNKNOWN)) {
            questions.add(question(utterance, "peer-" + user, tokens, enabled, workspace));
          }
        }
      }
    } catch (ExecutionProviderException e) {
      throw new IllegalStateException("the CPU is always there", e);
    }
    return questions;
  }

  private static Question question(
      String text, String userId, Tokens tokens, EnabledSkills enabled, Workspace workspace) {
    workspace.encode(List.of(Workspace.WeightedTexts.of(tokens)));
    workspace.attend(List.of(enabled));
    workspace.classify(List.of(enabled), Question.TOP);
    List<Long> best = new ArrayList<>();
    for (int rank = 0; rank < Question.TOP; rank++) {
      best.add((long) workspace.topRow(0, rank));
    }
    return new Question(
        text,
        userId,
        Arrays.stream(tokens.wordIds()).boxed().toList(),
        Arrays.stream(enabled.indices()).boxed().toList(),
        best);
  }

  /** The enabled skills of each user, by id. */
  public static Map<String, List<String>> profiles(List<Question> questions, Bundle bundle) {
    Map<String, List<String>> profiles = new LinkedHashMap<>();
    for (Question question : questions) {
      profiles.putIfAbsent(
          question.userId(),
          question.enabledRows().stream().map(row -> bundle.skills().id(row)).toList());
    }
    return profiles;
  }
}
