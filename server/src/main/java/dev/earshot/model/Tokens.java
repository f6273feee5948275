package dev.earshot.model;

import java.util.Arrays;
import java.util.List;

/**
 * A tokenised text.
 *
 * @param wordIds 1 to {@code max_words} ids; {@link Tokenizer#UNKNOWN} where the word is not in the
 *     vocabulary
 * @param unknownNgrams for each unknown word, in order, the buckets of its n-grams
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content, below.
public record Tokens(int[] wordIds, List<int[]> unknownNgrams) {
  public int length() {
    return wordIds.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tokens tokens
        && Arrays.equals(wordIds, tokens.wordIds)
        && Arrays.deepEquals(unknownNgrams.toArray(), tokens.unknownNgrams.toArray());
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(wordIds) + Arrays.deepHashCode(unknownNgrams.toArray());
  }

  @Override
  public String toString() {
    // Ids give the words away to whoever has the vocabulary: only the size is printed.
    return "Tokens[" + wordIds.length + " words]";
  }
}
