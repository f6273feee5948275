package dev.earshot.perf.peers;

import java.util.Arrays;
import java.util.List;

/**
 * What every server is asked, and what it must answer.
 *
 * @param text that Earshot is given
 * @param userId that Earshot is given
 * @param wordIds that peers are given instead of the text, whose words are all known
 * @param enabledRows that peers are given instead of the user
 * @param best rows of the best skills, best first
 */
public record Question(
    String text, String userId, List<Integer> wordIds, List<Integer> enabledRows, List<Long> best) {
  /** Words that a peer's request has room for. */
  public static final int MAX_WORDS = 64;

  /** Enabled skills that a peer's request has room for. */
  public static final int MAX_ENABLED = 16;

  /** How many skills are asked for. */
  public static final int TOP = 5;

  public Question {
    wordIds = List.copyOf(wordIds);
    enabledRows = List.copyOf(enabledRows);
    best = List.copyOf(best);
    if (wordIds.isEmpty() || wordIds.size() > MAX_WORDS || enabledRows.size() > MAX_ENABLED) {
      throw new IllegalArgumentException(
          "words: "
              + wordIds.size()
              + ", enabled: "
              + enabledRows.size()
              + " (expected: 1 to "
              + MAX_WORDS
              + ", 0 to "
              + MAX_ENABLED
              + ")");
    }
  }

  int[] paddedWords() {
    return padded(wordIds, MAX_WORDS, 0);
  }

  int[] paddedEnabled() {
    return padded(enabledRows, MAX_ENABLED, -1);
  }

  private static int[] padded(List<Integer> values, int length, int padding) {
    int[] padded = new int[length];
    Arrays.fill(padded, padding);
    for (int i = 0; i < values.size(); i++) {
      padded[i] = values.get(i);
    }
    return padded;
  }
}
