package dev.earshot.perf.asr;

/** Word errors: the fewest words that are put in, left out or replaced (Levenshtein). */
final class WordErrors {
  private WordErrors() {}

  /** Words of a spoken form. */
  static int words(String text) {
    return text.isEmpty() ? 0 : text.split(" ", -1).length;
  }

  /** Errors of a hypothesis, both in spoken form. */
  static int between(String reference, String hypothesis) {
    String[] expected = reference.isEmpty() ? new String[0] : reference.split(" ", -1);
    String[] heard = hypothesis.isEmpty() ? new String[0] : hypothesis.split(" ", -1);
    int[] row = new int[heard.length + 1];
    for (int j = 0; j <= heard.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= expected.length; i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= heard.length; j++) {
        int substituted = diagonal + (expected[i - 1].equals(heard[j - 1]) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[heard.length];
  }
}
