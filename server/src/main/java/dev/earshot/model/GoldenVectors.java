package dev.earshot.model;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Texts with the token ids and answers that the bundle's maker computed: {@code golden.jsonl}. They
 * prove that this implementation, on this processor, is the same.
 */
final class GoldenVectors {
  /** Largest difference of a log probability between processors' float arithmetic. */
  static final float SAME_VARIANT = 1e-3f;

  /** Largest difference between the int8 graphs, which made the answers, and other variants. */
  static final float OTHER_VARIANT = 0.3f;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Golden> vectors;

  private GoldenVectors(List<Golden> vectors) {
    this.vectors = vectors;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Golden(
      String text,
      List<String> words,
      @JsonProperty("word_ids") int[] wordIds,
      @JsonProperty("unknown_ngrams") List<int[]> unknownNgrams,
      @Nullable List<Answer> answers) {

    List<Answer> answersOrNone() {
      return answers == null ? List.of() : answers;
    }
  }

  /**
   * @param top pairs of a skill's id and its log probability, best first
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Answer(
      List<String> enabled, List<List<Object>> top, @JsonProperty("scope_score") float scopeScore) {

    String skillId(int rank) {
      return (String) top.get(rank).get(0);
    }

    float logProbability(int rank) {
      return ((Number) top.get(rank).get(1)).floatValue();
    }
  }

  static GoldenVectors read(Bundle bundle) throws BundleException {
    try (MappingIterator<Golden> lines =
        JSON.readerFor(Golden.class).readValues(bundle.read(Bundle.GOLDEN_FILE))) {
      List<Golden> vectors = lines.readAll();
      for (Golden golden : vectors) {
        Objects.requireNonNull(golden.text, "text");
        Objects.requireNonNull(golden.wordIds, "word_ids");
        Objects.requireNonNull(golden.unknownNgrams, "unknown_ngrams");
      }
      return new GoldenVectors(vectors);
    } catch (IOException | NullPointerException e) {
      throw new BundleException(
          Bundle.GOLDEN_FILE, "not golden vectors: " + Manifest.firstLine(e), e);
    }
  }

  List<Golden> vectors() {
    return vectors;
  }

  /**
   * Tokenises every text and computes every answer; throws at the first difference.
   *
   * @param tolerance the largest difference of a log probability that is none
   */
  void check(ShortlistModel model, float tolerance) throws BundleException {
    try (Workspace workspace = model.workspace(1)) {
      for (int line = 1; line <= vectors.size(); line++) {
        Golden golden = vectors.get(line - 1);
        Tokens tokens = model.tokenizer().tokenize(golden.text);
        if (!tokens.equals(new Tokens(golden.wordIds, golden.unknownNgrams))) {
          throw problem(line, "tokenised otherwise");
        }
        for (Answer answer : golden.answersOrNone()) {
          check(model, workspace, tokens, answer, line, tolerance);
        }
      }
    } catch (InferenceException e) {
      throw new BundleException(
          Bundle.GOLDEN_FILE, "cannot be computed: " + Manifest.firstLine(e), e);
    }
  }

  /**
   * How well another search finds what was found: the mean part of the answers' skills that are
   * among the model's as many, and the largest difference of a first answer's log probability.
   *
   * @param model whose texts and rows are those that were checked
   */
  Agreement agreement(ShortlistModel model) {
    long answered = 0;
    long found = 0;
    float greatest = 0;
    try (Workspace workspace = model.workspace(1)) {
      for (Golden golden : vectors) {
        Tokens tokens = model.tokenizer().tokenize(golden.text);
        for (Answer answer : golden.answersOrNone()) {
          classify(model, workspace, tokens, answer);
          Set<String> ids = new HashSet<>();
          for (int rank = 0; rank < answer.top.size(); rank++) {
            ids.add(model.skills().id(workspace.topRow(0, rank)));
          }
          for (int rank = 0; rank < answer.top.size(); rank++) {
            found += ids.contains(answer.skillId(rank)) ? 1 : 0;
          }
          answered += answer.top.size();
          greatest =
              Math.max(
                  greatest, Math.abs(workspace.topLogProbability(0, 0) - answer.logProbability(0)));
        }
      }
    }
    return new Agreement(answered == 0 ? 1 : (double) found / answered, greatest);
  }

  /**
   * How well two searches agree.
   *
   * @param recall 0 to 1
   * @param greatestDifference of log probabilities
   */
  record Agreement(double recall, float greatestDifference) {}

  private static void classify(
      ShortlistModel model, Workspace workspace, Tokens tokens, Answer answer) {
    int[] rows = answer.enabled.stream().mapToInt(model.skills()::row).sorted().toArray();
    List<EnabledSkills> user = List.of(model.enabledSkills(rows));
    workspace.encode(List.of(Workspace.WeightedTexts.of(tokens)));
    workspace.attend(user);
    workspace.classify(user, answer.top.size());
  }

  private static void check(
      ShortlistModel model,
      Workspace workspace,
      Tokens tokens,
      Answer answer,
      int line,
      float tolerance)
      throws BundleException {
    int[] rows = answer.enabled.stream().mapToInt(model.skills()::row).sorted().toArray();
    if (Arrays.stream(rows).anyMatch(row -> row < 0)) {
      throw problem(line, "names a skill that is not in " + SkillTable.FILE);
    }
    classify(model, workspace, tokens, answer);
    for (int rank = 0; rank < answer.top.size(); rank++) {
      float expected = answer.logProbability(rank);
      float actual = workspace.topLogProbability(0, rank);
      // Skills whose probabilities are closer than the tolerance may change places.
      if (!(Math.abs(actual - expected) <= tolerance)) {
        throw problem(
            line,
            "rank " + (rank + 1) + ": log probability " + actual + " (expected: " + expected + ")");
      }
    }
    if (!model.skills().id(workspace.topRow(0, 0)).equals(answer.skillId(0))
        && answer.logProbability(0) - answer.logProbability(1) > tolerance) {
      throw problem(line, "another skill comes first (expected: " + answer.skillId(0) + ")");
    }
    if (!(Math.abs(workspace.scopeScore(0) - answer.scopeScore) <= tolerance * 10)) {
      throw problem(
          line,
          "scope score " + workspace.scopeScore(0) + " (expected: " + answer.scopeScore + ")");
    }
  }

  private static BundleException problem(int line, String problem) {
    return new BundleException(Bundle.GOLDEN_FILE, "line " + line + ": " + problem);
  }
}
