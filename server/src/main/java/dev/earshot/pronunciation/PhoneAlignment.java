package dev.earshot.pronunciation;

import java.util.List;
import java.util.Optional;

/**
 * Finds which phones of a phrase belong to some of its words: how its words usually sound is
 * aligned with how the phrase is said to sound, at the least edit distance (Wagner and Fischer,
 * 1974), in which a vowel stands rather for a vowel and a consonant for a consonant.
 */
public final class PhoneAlignment {
  private static final int LOST = 3;
  private static final int ALIKE = 2;
  private static final int UNLIKE = 5;

  private PhoneAlignment() {}

  /**
   * A part of a phrase's pronunciation.
   *
   * @param phrase how the whole sounds
   * @param words how each of its words usually does
   * @param from the first word of the part
   * @param to the end of the part, exclusive
   * @return empty if a word would be left without a phone
   */
  public static Optional<Pronunciation> part(
      Pronunciation phrase, List<Pronunciation> words, int from, int to) {
    Pronunciation usual = words.get(0);
    for (Pronunciation word : words.subList(1, words.size())) {
      usual = usual.then(word);
    }
    int[][] costs = costs(usual, phrase);
    // Where each word ends in the phrase, from the last to the first.
    int[] ends = new int[words.size() + 1];
    int i = usual.length();
    int j = phrase.length();
    for (int word = words.size(); word > 0; word--) {
      ends[word] = j;
      int begin = i - words.get(word - 1).length();
      while (i > begin) {
        int left = j > 0 ? costs[i][j - 1] + LOST : Integer.MAX_VALUE;
        int diagonal =
            j > 0 ? costs[i - 1][j - 1] + cost(usual, i - 1, phrase, j - 1) : Integer.MAX_VALUE;
        if (diagonal == costs[i][j]) {
          i--;
          j--;
        } else if (left == costs[i][j]) {
          j--;
        } else {
          i--;
        }
      }
    }
    for (int word = 0; word < words.size(); word++) {
      if (ends[word] >= ends[word + 1]) {
        return Optional.empty();
      }
    }
    byte[] codes = new byte[ends[to] - ends[from]];
    for (int k = 0; k < codes.length; k++) {
      codes[k] = (byte) phrase.codeAt(ends[from] + k);
    }
    return Optional.of(Pronunciation.of(codes, 0, codes.length));
  }

  private static int[][] costs(Pronunciation usual, Pronunciation phrase) {
    int[][] costs = new int[usual.length() + 1][phrase.length() + 1];
    for (int i = 0; i <= usual.length(); i++) {
      for (int j = 0; j <= phrase.length(); j++) {
        if (i == 0 || j == 0) {
          costs[i][j] = (i + j) * LOST;
        } else {
          costs[i][j] =
              Math.min(
                  costs[i - 1][j - 1] + cost(usual, i - 1, phrase, j - 1),
                  Math.min(costs[i - 1][j], costs[i][j - 1]) + LOST);
        }
      }
    }
    return costs;
  }

  private static int cost(Pronunciation a, int i, Pronunciation b, int j) {
    if (a.codeAt(i) == b.codeAt(j)) {
      return 0;
    }
    return Phone.of(a.codeAt(i)).isVowel() == Phone.of(b.codeAt(j)).isVowel() ? ALIKE : UNLIKE;
  }
}
