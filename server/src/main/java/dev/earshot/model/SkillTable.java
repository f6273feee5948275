package dev.earshot.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.earshot.search.Pauses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The skills of a bundle, by row: {@code skills.jsonl}.
 *
 * <p>Thread-safe.
 */
public final class SkillTable {
  static final String FILE = "skills.jsonl";

  private static final byte[] NOTHING = {};
  private static final int MAX_ID = 128;

  /** A power of two. */
  private static final int RECENT = 1 << 11;

  private final StringTable ids;
  private final StringTable names;
  private final StringTable invocations;

  /**
   * Skills lately asked for, each in the place that its row's last bits give. Threads may see each
   * other's writes late or never: then one makes its own.
   */
  private final @Nullable Label[] recent = new Label[RECENT];

  private SkillTable(StringTable ids, StringTable names, StringTable invocations) {
    this.ids = ids;
    this.names = names;
    this.invocations = invocations;
  }

  /** What an answer says of the skill in a row. */
  public record Label(int row, String id, String name) {}

  public int size() {
    return ids.size();
  }

  /** The row of a skill, or −1 if the bundle does not know it. */
  public int row(String skillId) {
    return ids.find(skillId);
  }

  public String id(int row) {
    return ids.get(row);
  }

  public String name(int row) {
    return names.get(row);
  }

  /** A skill's id and name; few skills answer most requests, so their strings are kept. */
  public Label label(int row) {
    int place = row & (RECENT - 1);
    Label label = recent[place];
    if (label == null || label.row != row) {
      label = new Label(row, id(row), name(row));
      recent[place] = label;
    }
    return label;
  }

  public @Nullable String invocation(int row) {
    return invocations.isEmpty(row) ? null : invocations.get(row);
  }

  static SkillTable parse(byte[] file, int expected) throws BundleException {
    StringTable.Builder ids = new StringTable.Builder(expected);
    StringTable.Builder names = new StringTable.Builder(expected);
    StringTable.Builder invocations = new StringTable.Builder(expected);
    try (JsonParser json = new JsonFactory().createParser(file)) {
      while (json.nextToken() != null) {
        if (json.currentToken() != JsonToken.START_OBJECT) {
          throw problem(ids.size(), "an object", null);
        }
        byte[] id = NOTHING;
        byte[] name = NOTHING;
        byte[] invocation = NOTHING;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String field = json.currentName();
          JsonToken value = json.nextToken();
          if (value == JsonToken.VALUE_STRING) {
            byte[] text = json.getText().getBytes(StandardCharsets.UTF_8);
            switch (field) {
              case "id" -> id = text;
              case "name" -> name = text;
              case "invocation" -> invocation = text;
              default -> {}
            }
          } else {
            json.skipChildren();
          }
        }
        if (id.length == 0 || id.length > MAX_ID || name.length == 0) {
          throw problem(ids.size(), "an id of 1 to " + MAX_ID + " bytes and a name", null);
        }
        ids.add(id);
        names.add(name);
        invocations.add(invocation);
      }
    } catch (IOException e) {
      throw problem(ids.size(), "JSON", e);
    }
    if (ids.size() != expected) {
      throw new BundleException(FILE, ids.size() + " skills (expected: " + expected + ")");
    }
    SkillTable table = new SkillTable(ids.indexed(), names.unindexed(), invocations.unindexed());
    for (int row = 0; row < expected; row++) {
      Pauses.between(row);
      if (!table.ids.isFirst(row)) {
        throw problem(row, "each id once", null);
      }
    }
    return table;
  }

  private static BundleException problem(int row, String expected, @Nullable IOException cause) {
    String message = "skill " + (row + 1) + " (expected: " + expected + ")";
    return cause == null
        ? new BundleException(FILE, message)
        : new BundleException(FILE, message, cause);
  }
}
