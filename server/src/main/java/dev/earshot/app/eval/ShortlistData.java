package dev.earshot.app.eval;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.app.eval.JsonLines.Line;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Utterances with their right skills.
 *
 * @param rows the utterances
 * @param enabledSkills of each user whom a row names; empty where the data does not say
 * @param skills what is known of the skills; empty where the data does not say
 * @param outOfScope utterances that no skill is right for
 */
public record ShortlistData(
    List<Row> rows,
    Map<String, Set<String>> enabledSkills,
    Map<String, SkillInfo> skills,
    List<String> outOfScope) {

  /** The half of the out-of-scope rows that the bundle's calibration did not see. */
  private static final String OUT_OF_SCOPE_SPLIT = "oos_val";

  /** Where a skill's source is not known. */
  static final String UNKNOWN_SOURCE = "all";

  /**
   * An utterance.
   *
   * @param user who says it; empty: not said
   * @param skill the right one
   */
  public record Row(String user, String text, String skill) {}

  /**
   * What is known of a skill.
   *
   * @param source the corpus that it comes from
   * @param capability what it does; several brands may share one
   */
  public record SkillInfo(String source, String capability) {}

  /**
   * Reads a folder with {@code dev.jsonl.gz}, {@code users.dev.jsonl.gz}, {@code skills.jsonl.gz}
   * and {@code out_of_scope.jsonl.gz}, or one file of {@code text, skill} and perhaps {@code user}.
   *
   * @param limit so many rows at most, the first ones; 0: all
   * @throws EvalDataException if a file is missing or is not as it should be
   */
  public static ShortlistData read(Path path, int limit) {
    if (!Files.exists(path)) {
      throw new EvalDataException(path + ": no such file or folder");
    }
    if (!Files.isDirectory(path)) {
      return new ShortlistData(rows(path, limit), Map.of(), Map.of(), List.of());
    }
    List<Row> rows = rows(path.resolve("dev.jsonl.gz"), limit);
    Set<String> users = new LinkedHashSet<>();
    rows.forEach(row -> users.add(row.user()));
    return new ShortlistData(
        rows,
        enabledSkills(path.resolve("users.dev.jsonl.gz"), users),
        skills(path.resolve("skills.jsonl.gz")),
        outOfScope(path.resolve("out_of_scope.jsonl.gz")));
  }

  private static List<Row> rows(Path file, int limit) {
    List<Row> rows = new ArrayList<>();
    JsonLines.read(
        file,
        line -> {
          if (limit == 0 || rows.size() < limit) {
            rows.add(new Row(line.textOrEmpty("user"), line.text("text"), line.text("skill")));
          }
        });
    if (rows.isEmpty()) {
      throw new EvalDataException(file + ": no rows (expected: text and skill, a row a line)");
    }
    return rows;
  }

  private static Map<String, Set<String>> enabledSkills(Path file, Set<String> users) {
    Map<String, Set<String>> enabled = new LinkedHashMap<>();
    JsonLines.read(
        file,
        line -> {
          String user = line.text("user");
          if (users.contains(user)) {
            enabled.put(user, texts(line, "enabled"));
          }
        });
    return enabled;
  }

  private static Set<String> texts(Line line, String field) {
    JsonNode values = line.fields().get(field);
    if (values == null || !values.isArray()) {
      throw new EvalDataException(
          "%s:%d: %s: missing (expected: an array)".formatted(line.file(), line.number(), field));
    }
    Set<String> texts = new LinkedHashSet<>();
    values.forEach(value -> texts.add(value.asText()));
    return texts;
  }

  private static Map<String, SkillInfo> skills(Path file) {
    Map<String, SkillInfo> skills = new HashMap<>();
    JsonLines.read(
        file,
        line ->
            skills.put(
                line.text("skill"), new SkillInfo(line.text("source"), line.text("capability"))));
    return skills;
  }

  private static List<String> outOfScope(Path file) {
    List<String> texts = new ArrayList<>();
    JsonLines.read(
        file,
        line -> {
          if (line.text("split").equals(OUT_OF_SCOPE_SPLIT)) {
            texts.add(line.text("text"));
          }
        });
    return texts;
  }

  /** Whether rows name the users who say them. */
  public boolean hasUsers() {
    return rows.stream().anyMatch(row -> !row.user().isEmpty());
  }

  String sourceOf(String skill) {
    SkillInfo info = skills.get(skill);
    return info == null ? UNKNOWN_SOURCE : info.source();
  }

  /** Whether two skills do the same. */
  boolean sameCapability(String one, String other) {
    return one.equals(other) || capability(one).equals(capability(other));
  }

  private String capability(String skill) {
    SkillInfo info = skills.get(skill);
    return info == null ? skill : info.capability();
  }

  /** Whether a row's user has enabled its skill; null where that is not known. */
  @Nullable Boolean isEnabled(Row row) {
    Set<String> enabled = enabledSkills.get(row.user());
    return enabled == null ? null : enabled.contains(row.skill());
  }
}
