package dev.earshot.bias;

import dev.earshot.model.ContextText;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.phrase.Phrases;
import dev.earshot.store.ContextItem;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

  /** What a context encoder reads: the last utterance and reply, items, entries of lists. */
  List<ContextText> encoded(Phrases phrases, int most) {
    List<ContextText> texts = new ArrayList<>();
    last(UTTERANCE).ifPresent(texts::add);
    last(REPLY).ifPresent(texts::add);
    addNames(items, texts, most);
    for (List<ContextItem> of : earlier) {
      addNames(of, texts, most);
    }
    for (BiasPhrase phrase : phrases.phrases()) {
      if (phrase.source() == PhraseSource.PROFILE && texts.size() < most) {
        texts.add(new ContextText(ContextText.PROFILE, phrase.display()));
      }
    }
    return texts;
  }

  private Optional<ContextText> last(String kind) {
    for (int i = items.size() - 1; i >= 0; i--) {
      if (items.get(i).kind().equals(kind)) {
        return Optional.of(new ContextText(kind, items.get(i).text()));
      }
    }
    return Optional.empty();
  }

  private static void addNames(List<ContextItem> items, List<ContextText> texts, int most) {
    for (ContextItem item : items) {
      if (!isText(item) && texts.size() < most) {
        texts.add(new ContextText(item.kind(), item.text()));
      }
    }
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
