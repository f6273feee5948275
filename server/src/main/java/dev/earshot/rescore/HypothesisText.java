package dev.earshot.rescore;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a hypothesis and where they stand. A word is a run of letters, digits and
 * apostrophes; an apostrophe that stands apart belongs to the word before it ({@code it 's}), and
 * marks such as {@code <unk>} are none. Immutable.
 *
 * @param text as the recogniser wrote it
 * @param words in small letters
 * @param starts of each word, in UTF-16 units
 * @param ends of each word, exclusive, in UTF-16 units
 */
record HypothesisText(String text, List<String> words, List<Integer> starts, List<Integer> ends) {
  static HypothesisText of(String text) {
    List<String> words = new ArrayList<>();
    List<Integer> starts = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int start = at;
      int mark = markEnd(text, at);
      if (mark > at) {
        at = mark;
        continue;
      }
      while (at < text.length() && isOfWord(text.codePointAt(at))) {
        at += Character.charCount(text.codePointAt(at));
      }
      if (at > start) {
        String word = normalized(text.substring(start, at));
        int last = words.size() - 1;
        if (word.startsWith("'")
            && word.length() <= 3
            && last >= 0
            && start - ends.get(last) <= 1) {
          words.set(last, words.get(last) + word);
          ends.set(last, at);
        } else if (!word.isEmpty() && !word.equals("'")) {
          words.add(word);
          starts.add(start);
          ends.add(at);
        }
      } else {
        at += Character.charCount(text.codePointAt(at));
      }
    }
    return new HypothesisText(text, List.copyOf(words), List.copyOf(starts), List.copyOf(ends));
  }

  /** The words of a phrase, joined by single spaces. */
  static String joined(String text) {
    return String.join(" ", of(text).words);
  }

  int size() {
    return words.size();
  }

  /** A word's place in code points. */
  int codePointOf(int utf16) {
    return text.codePointCount(0, utf16);
  }

  private static String normalized(String word) {
    return word.toLowerCase(Locale.ROOT).replace('’', '\'');
  }

  /** Where a recogniser's mark such as {@code <unk>} ends, or −1: it is no word. */
  private static int markEnd(String text, int at) {
    char first = text.charAt(at);
    if (first != '<' && first != '[') {
      return -1;
    }
    return text.indexOf(first == '<' ? '>' : ']', at) + 1;
  }

  private static boolean isOfWord(int codePoint) {
    return Character.isLetterOrDigit(codePoint)
        || codePoint == '\''
        || codePoint == '’'
        || Character.getType(codePoint) == Character.NON_SPACING_MARK;
  }

  @Override
  public String toString() {
    return "HypothesisText[words=" + words.size() + "]";
  }
}
