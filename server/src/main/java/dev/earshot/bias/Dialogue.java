package dev.earshot.bias;

import dev.earshot.store.ContextItem;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The live texts of a dialogue. Immutable.
 *
 * @param items of the interaction whose reply re-opened the microphone, in the order recorded
 * @param earlier those of earlier interactions, the latest first
 * @param expireTime when the first of all these texts expires, or the interaction
 * @param unreadable whether some texts fail their checksum or decryption
 */
record Dialogue(
    List<ContextItem> items,
    List<List<ContextItem>> earlier,
    Optional<Instant> expireTime,
    boolean unreadable) {
  static final Dialogue NONE = new Dialogue(List.of(), List.of(), Optional.empty(), false);

  private static final int MOST_CONTEXT_TEXT = 2_000;

  private static final String UTTERANCE = "UTTERANCE";
  private static final String REPLY = "REPLY";

  Dialogue {
    items = List.copyOf(items);
    earlier = List.copyOf(earlier);
  }

  private static boolean isText(ContextItem item) {
    return item.kind().equals(UTTERANCE) || item.kind().equals(REPLY);
  }

  /** Utterances and replies in their order, a line each; the newest where there are too many. */
  String asText() {
    Deque<String> lines = new ArrayDeque<>();
    int length = 0;
    for (int age = 0; age <= earlier.size(); age++) {
      List<ContextItem> of = age == 0 ? items : earlier.get(age - 1);
      for (int i = of.size() - 1; i >= 0; i--) {
        if (!isText(of.get(i))) {
          continue;
        }
        String line = of.get(i).text().strip();
        int added = line.codePointCount(0, line.length()) + 1;
        if (length + added > MOST_CONTEXT_TEXT + 1) {
          return String.join("\n", lines);
        }
        length += added;
        lines.addFirst(line);
      }
    }
    return String.join("\n", lines);
  }

  /** The language of the reply; empty: not said. */
  String locale() {
    String locale = "";
    for (ContextItem item : items) {
      if (item.kind().equals(REPLY)) {
        locale = item.locale();
      }
    }
    return locale;
  }

  @Override
  public String toString() {
    return "Dialogue[items=" + items.size() + ", earlier=" + earlier.size() + "]";
  }
}
