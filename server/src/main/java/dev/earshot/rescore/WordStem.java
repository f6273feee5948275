package dev.earshot.rescore;

import java.util.List;

/**
 * What English forms of a word have in common: "schedules" and "scheduled", "bauer's" and "bauer".
 * No linguistics: a possessive's ending is cut off, then a common one where three letters or more
 * remain.
 */
final class WordStem {
  private static final int LEAST_LETTERS = 3;

  /** Longer ones first, so that no ending hides another. */
  private static final List<String> ENDINGS =
      List.of("ies", "ied", "ing", "ed", "es", "er", "ly", "s", "d", "y");

  private WordStem() {}

  /**
   * Of a word.
   *
   * @param word in small letters
   */
  static String of(String word) {
    String letters = word;
    if (word.indexOf('\'') >= 0) {
      String owner = word.endsWith("'s") ? word.substring(0, word.length() - 2) : word;
      letters = owner.replace("'", "");
    }
    for (String ending : ENDINGS) {
      if (letters.endsWith(ending) && letters.length() - ending.length() >= LEAST_LETTERS) {
        return letters.substring(0, letters.length() - ending.length());
      }
    }
    return letters;
  }

  /** Of each word of a text in small letters, with single spaces. */
  static List<String> ofEach(List<String> words) {
    return words.stream().map(WordStem::of).toList();
  }
}
