package dev.earshot.client.export;

import dev.earshot.client.BiasPhrase;
import dev.earshot.client.export.Export.Cause;
import java.util.ArrayList;
import java.util.List;

/**
 * A phrase list for Azure AI Speech: what to give to {@code PhraseListGrammar.addPhrase} and {@code
 * setWeight}. After "Improve recognition accuracy with phrase list", by which a list should not
 * have more than 500 phrases, and the reference of {@code PhraseListGrammar}, by which the weight
 * is from 0 to 2, 1 by default, and 0 disables the list.
 *
 * <p><b>Boosts.</b> There are none for single phrases, and the weight has no unit, so it is the
 * caller's to choose; phrases whose boost is 0 are left out. The first 500 are kept.
 *
 * @param phrases as they are to be written
 * @param weight of the whole list, 0 to 2
 */
public record AzurePhraseList(List<String> phrases, double weight) {
  /** Azure's own. */
  public static final double DEFAULT_WEIGHT = 1;

  private static final int MOST_PHRASES = 500;
  private static final double HIGHEST_WEIGHT = 2;

  public AzurePhraseList {
    // Written so that NaN is refused too.
    if (!(weight >= 0 && weight <= HIGHEST_WEIGHT)) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: 0 to " + HIGHEST_WEIGHT + ")");
    }
    phrases = List.copyOf(phrases);
  }

  /** The list of these phrases. */
  public static Export<AzurePhraseList> of(List<BiasPhrase> phrases, double weight) {
    Selection selection = new Selection(MOST_PHRASES, Integer.MAX_VALUE, Integer.MAX_VALUE);
    List<String> list = new ArrayList<>();
    for (BiasPhrase phrase : phrases) {
      if (phrase.boost().orElse(1) <= 0) {
        selection.remark(phrase, Cause.NO_BOOST);
      } else if (selection.takes(phrase, phrase.written(), 0)) {
        list.add(phrase.written());
        if (phrase.boost().isPresent()) {
          selection.remark(phrase, Cause.BOOST_DROPPED);
        }
      }
    }
    return selection.export(new AzurePhraseList(list, weight));
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "AzurePhraseList[phrases=" + phrases.size() + ", weight=" + weight + "]";
  }
}
