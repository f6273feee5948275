package dev.earshot.bias;

import dev.earshot.model.ContextText;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.store.ContextItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a context encoder reads of a turn: the last utterance and reply, the names of this
 * interaction and of earlier ones, and the likeliest entries of the user's lists.
 */
public final class ContextTexts {
  private static final String UTTERANCE = "UTTERANCE";
  private static final String REPLY = "REPLY";

  /** Further entries of lists say little of what the turn is about, and each costs as much. */
  private static final int MOST_OF_LISTS = 16;

  private ContextTexts() {}

  /**
   * The texts, in the order that the encoder wants.
   *
   * @param items of the interaction whose reply re-opened the microphone, in the order recorded
   * @param earlier those of earlier interactions, the latest first
   * @param phrases of the turn, the likeliest first
   * @param most as many as the encoder reads
   */
  public static List<ContextText> of(
      List<ContextItem> items,
      List<List<ContextItem>> earlier,
      List<BiasPhrase> phrases,
      int most) {
    List<ContextText> texts = new ArrayList<>();
    last(items, UTTERANCE).ifPresent(texts::add);
    last(items, REPLY).ifPresent(texts::add);
    addNames(items, texts, most);
    for (List<ContextItem> of : earlier) {
      addNames(of, texts, most);
    }
    phrases.stream()
        .filter(phrase -> phrase.source() == PhraseSource.PROFILE)
        .limit(Math.min(MOST_OF_LISTS, Math.max(0, most - texts.size())))
        .forEach(phrase -> texts.add(new ContextText(ContextText.PROFILE, phrase.display())));
    return texts;
  }

  private static Optional<ContextText> last(List<ContextItem> items, String kind) {
    for (int i = items.size() - 1; i >= 0; i--) {
      if (items.get(i).kind().equals(kind)) {
        return Optional.of(new ContextText(kind, items.get(i).text()));
      }
    }
    return Optional.empty();
  }

  private static void addNames(List<ContextItem> items, List<ContextText> texts, int most) {
    for (ContextItem item : items) {
      if (!item.kind().equals(UTTERANCE) && !item.kind().equals(REPLY) && texts.size() < most) {
        texts.add(new ContextText(item.kind(), item.text()));
      }
    }
  }
}
