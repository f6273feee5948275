package dev.earshot.app.eval;

import dev.earshot.rescore.SpokenWords;
import java.util.List;
import java.util.Locale;

/** Counts word errors: the least substitutions, insertions and deletions (Levenshtein, 1966). */
public final class WordErrors {
  private WordErrors() {}

  /**
   * The words that are compared: as they are said, in small letters, without punctuation. Capitals
   * do not count, since references have none: {@code JT} and {@code jt} are the same.
   */
  static List<String> words(String text) {
    return SpokenWords.of(text.toLowerCase(Locale.ROOT));
  }

  /** How many there are in what was heard. */
  public static int between(List<String> reference, List<String> heard) {
    int[] row = new int[heard.size() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= reference.size(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int cost = diagonal + (reference.get(i - 1).equals(heard.get(j - 1)) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(cost, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[heard.size()];
  }

  /** Whether words occur one after the other, others perhaps in between. */
  static boolean holdsInOrder(List<String> words, List<String> sought) {
    int found = 0;
    for (String word : words) {
      if (found < sought.size() && word.equals(sought.get(found))) {
        found++;
      }
    }
    return found == sought.size();
  }
}
