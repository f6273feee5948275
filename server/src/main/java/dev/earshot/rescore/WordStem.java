package dev.earshot.rescore;

import java.util.List;

/**
 * What English forms of a word have in common: "schedules" and "scheduled", "starbuck's" and
 * "starbucks". No linguistics: a common ending is cut off where three letters or more remain.
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
    String letters = word.indexOf('\'') < 0 ? word : word.replace("'", "");
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
