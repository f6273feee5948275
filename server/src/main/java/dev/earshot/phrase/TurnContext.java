package dev.earshot.phrase;

import dev.earshot.store.ContextItem;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * All that phrases for one turn are made from. Immutable.
 *
 * @param items of the interaction whose reply re-opened the microphone, in the order recorded:
 *     utterance, reply, what they name, what a screen shows
 * @param earlier those of the dialogue's earlier interactions, each as {@code items}, the latest
 *     first
 * @param lists the user's lists, prepared by {@link PhraseMaker#prepare}
 * @param explicit the request's own phrases
 * @param maxPhrases at least 0
 * @param locale of the user's speech, BCP 47; empty: English
 * @param without signals that are left out
 */
public record TurnContext(
    List<ContextItem> items,
    List<List<ContextItem>> earlier,
    ListedPhrases lists,
    List<ExplicitPhrase> explicit,
    int maxPhrases,
    String locale,
    Set<PhraseSource> without) {
  public TurnContext {
    items = List.copyOf(items);
    earlier = earlier.stream().map(List::copyOf).toList();
    explicit = List.copyOf(explicit);
    without = Set.copyOf(without);
  }

  /** A turn of which the reply's items alone are known. */
  public static TurnContext of(List<ContextItem> items, int maxPhrases) {
    return new TurnContext(
        items,
        List.of(),
        ListedPhrases.NONE,
        List.of(),
        maxPhrases,
        "",
        EnumSet.noneOf(PhraseSource.class));
  }

  public TurnContext withEarlier(List<List<ContextItem>> interactions) {
    return new TurnContext(items, interactions, lists, explicit, maxPhrases, locale, without);
  }

  public TurnContext withLists(ListedPhrases prepared) {
    return new TurnContext(items, earlier, prepared, explicit, maxPhrases, locale, without);
  }

  public TurnContext withExplicit(List<ExplicitPhrase> phrases) {
    return new TurnContext(items, earlier, lists, phrases, maxPhrases, locale, without);
  }

  public TurnContext withLocale(String tag) {
    return new TurnContext(items, earlier, lists, explicit, maxPhrases, tag, without);
  }

  /** The same without some signals: how much each is worth is measured so. */
  public TurnContext without(Set<PhraseSource> signals) {
    return new TurnContext(items, earlier, lists, explicit, maxPhrases, locale, signals);
  }

  boolean reads(PhraseSource source) {
    return !without.contains(source);
  }

  @Override
  public String toString() {
    return "TurnContext[items=" + items.size() + ", earlier=" + earlier.size() + "]";
  }
}
