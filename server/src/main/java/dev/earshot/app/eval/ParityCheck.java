package dev.earshot.app.eval;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.ShortlistModel;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/** Compares a model's answers with those in other shapes, and with those of its trainer. */
public final class ParityCheck {
  private static final int TOP = 20;
  private static final int TOP_IN_ORDER = 5;
  private static final double TOLERANCE = 1e-5;
  private static final int MAX_BATCH = 16;
  private static final int MAX_ENABLED_BUCKET = 64;

  private final ShortlistModel model;
  private final List<Request> requests = new ArrayList<>();

  /** A row as the model sees it. */
  private record Request(Tokens tokens, EnabledSkills user) {}

  /**
   * An answer.
   *
   * @param rows the best skills
   */
  private record Answer(List<Integer> rows, List<Float> logProbabilities, float scopeScore) {}

  /**
   * How answers compare with the trainer's.
   *
   * @param compared answers, two for each row: without and with its user
   * @param otherTokens of them, with other token ids
   * @param otherOrder of them, with other skills among the first five
   * @param largestDifference of a log probability or a scope score
   */
  public record Agreement(
      long compared, long otherTokens, long otherOrder, double largestDifference) {
    /** Whether nothing differs beyond the last digits. */
    public boolean isFull() {
      return otherTokens == 0 && otherOrder == 0 && largestDifference <= TOLERANCE;
    }
  }

  /** Reads the rows as the model sees them, with the skills that their users have enabled. */
  public ParityCheck(ShortlistModel model, ShortlistData data) {
    this.model = model;
    Map<String, EnabledSkills> users = new HashMap<>();
    data.enabledSkills().forEach((user, skillIds) -> users.put(user, enabled(skillIds)));
    for (ShortlistData.Row row : data.rows()) {
      requests.add(
          new Request(
              model.tokenizer().tokenize(row.text()),
              users.getOrDefault(row.user(), EnabledSkills.NONE)));
    }
  }

  private EnabledSkills enabled(Set<String> skillIds) {
    int[] rows =
        skillIds.stream().mapToInt(model.skills()::row).filter(row -> row >= 0).sorted().toArray();
    return model.enabledSkills(rows);
  }

  /**
   * Compares with the answers that {@code earshot_training.predict} wrote.
   *
   * @throws EvalDataException if the file is not such a file, or not of these rows
   */
  public Agreement compareWith(Path predictions) {
    long[] compared = new long[1];
    long[] otherTokens = new long[1];
    long[] otherOrder = new long[1];
    double[] largest = new double[1];
    try (Workspace workspace = model.workspace(1)) {
      JsonLines.read(
          predictions,
          line -> {
            JsonNode fields = line.fields();
            Request request = requests.get(fields.path("row").asInt());
            boolean personal = line.text("mode").equals("personal");
            Answer answer =
                answers(
                        workspace,
                        List.of(
                            new Request(
                                request.tokens, personal ? request.user : EnabledSkills.NONE)))
                    .get(0);
            compared[0]++;
            otherTokens[0] += hasIds(request.tokens, fields.path("word_ids")) ? 0 : 1;
            JsonNode top = fields.path("top");
            boolean sameOrder = true;
            double difference = Math.abs(fields.path("scope_score").asDouble() - answer.scopeScore);
            for (int rank = 0; rank < TOP; rank++) {
              JsonNode expected = top.path(rank);
              difference =
                  Math.max(
                      difference,
                      Math.abs(expected.path(1).asDouble() - answer.logProbabilities.get(rank)));
              sameOrder &=
                  rank >= TOP_IN_ORDER || expected.path(0).asInt() == answer.rows.get(rank);
            }
            otherOrder[0] += sameOrder ? 0 : 1;
            largest[0] = Math.max(largest[0], difference);
          });
    } catch (IndexOutOfBoundsException e) {
      throw new EvalDataException(predictions + ": of other rows than the data's", e);
    }
    if (compared[0] != 2L * requests.size()) {
      throw new EvalDataException(
          "%s: %,d answers (expected: two for each of %,d rows)"
              .formatted(predictions, compared[0], requests.size()));
    }
    return new Agreement(compared[0], otherTokens[0], otherOrder[0], largest[0]);
  }

  private static boolean hasIds(Tokens tokens, JsonNode ids) {
    boolean same = ids.size() == tokens.length();
    for (int i = 0; same && i < tokens.length(); i++) {
      same = ids.get(i).asInt() == tokens.wordIds()[i];
    }
    return same;
  }

  /**
   * Answers rows alone, in every batch size and in every shape bucket.
   *
   * @param count how many rows, from the first
   * @return for each shape, how many answers differ in any bit from those alone
   */
  public Map<String, Long> differencesByShape(int count) {
    List<Request> rows = requests.subList(0, Math.min(count, requests.size()));
    Map<String, Long> differences = new LinkedHashMap<>();
    try (Workspace workspace = model.workspace(MAX_BATCH)) {
      List<Answer> alone = new ArrayList<>();
      for (Request row : rows) {
        alone.addAll(answers(workspace, List.of(row)));
      }
      for (int size = 2; size <= MAX_BATCH; size++) {
        differences.put("batch of " + size, differingInBatches(workspace, rows, alone, size));
      }
      for (int words = 8; words <= model.tokenizer().maxWords(); words += 8) {
        Request neighbour =
            new Request(model.tokenizer().tokenize("zq ".repeat(words)), EnabledSkills.NONE);
        differences.put(
            "batch with one of " + words + " words",
            differing(workspace, alone, row -> List.of(rows.get(row), neighbour)));
      }
      for (int enabled = 8; enabled <= MAX_ENABLED_BUCKET; enabled += 8) {
        int[] many = new int[Math.min(enabled, model.skills().size())];
        Arrays.setAll(many, i -> i);
        Request neighbour = new Request(rows.get(0).tokens, model.enabledSkills(many));
        differences.put(
            "batch with a user of " + enabled + " enabled skills",
            differing(workspace, alone, row -> List.of(rows.get(row), neighbour)));
      }
    }
    return differences;
  }

  private static long differingInBatches(
      Workspace workspace, List<Request> rows, List<Answer> alone, int batch) {
    long different = 0;
    for (int from = 0; from < rows.size(); from += batch) {
      int to = Math.min(rows.size(), from + batch);
      List<Answer> answers = answers(workspace, rows.subList(from, to));
      for (int i = 0; i < answers.size(); i++) {
        different += answers.get(i).equals(alone.get(from + i)) ? 0 : 1;
      }
    }
    return different;
  }

  private static long differing(
      Workspace workspace, List<Answer> alone, IntFunction<List<Request>> batchOf) {
    long different = 0;
    for (int row = 0; row < alone.size(); row++) {
      different += answers(workspace, batchOf.apply(row)).get(0).equals(alone.get(row)) ? 0 : 1;
    }
    return different;
  }

  private static List<Answer> answers(Workspace workspace, List<Request> batch) {
    List<EnabledSkills> users = batch.stream().map(Request::user).toList();
    workspace.encode(batch.stream().map(row -> WeightedTexts.of(row.tokens)).toList());
    workspace.attend(users);
    workspace.classify(users, TOP);
    List<Answer> answers = new ArrayList<>();
    for (int request = 0; request < batch.size(); request++) {
      List<Integer> rows = new ArrayList<>();
      List<Float> logProbabilities = new ArrayList<>();
      for (int rank = 0; rank < TOP; rank++) {
        rows.add(workspace.topRow(request, rank));
        logProbabilities.add(workspace.topLogProbability(request, rank));
      }
      answers.add(new Answer(rows, logProbabilities, workspace.scopeScore(request)));
    }
    return answers;
  }
}
