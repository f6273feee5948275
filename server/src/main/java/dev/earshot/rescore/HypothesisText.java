package dev.earshot.rescore;

import dev.earshot.phrase.SpokenText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The words of a hypothesis as they are said, read as {@link SpokenText} reads phrases, and where
 * they stand in what the recogniser wrote: several words may stand in one place, such as those of
 * {@code 5:30}, and can only be replaced together. Marks such as {@code <unk>} are no words.
 * Immutable.
 */
final class HypothesisText {
  private final String text;
  private final List<String> words;

  /** Of each word, where it begins and ends in UTF-16 units; its place is counted by parts. */
  private final int[] starts;

  private final int[] ends;
  private final int[] parts;

  private HypothesisText(String text, List<SpokenText.Part> from) {
    this.text = text;
    List<String> all = new ArrayList<>(from.size());
    from.forEach(part -> all.addAll(part.words()));
    words = List.copyOf(all);
    starts = new int[words.size()];
    ends = new int[words.size()];
    parts = new int[words.size()];
    int at = 0;
    for (int i = 0; i < from.size(); i++) {
      int next = at + from.get(i).words().size();
      Arrays.fill(starts, at, next, from.get(i).start());
      Arrays.fill(ends, at, next, from.get(i).end());
      Arrays.fill(parts, at, next, i);
      at = next;
    }
  }

  /**
   * Of a text.
   *
   * @param english whether numbers, symbols and abbreviations become English words
   */
  static HypothesisText of(String text, boolean english) {
    return new HypothesisText(
        text, SpokenText.asWritten(inSmallLetters(withoutMarks(text)), english).parts());
  }

  /** As the recogniser wrote it. */
  String text() {
    return text;
  }

  /** In small letters. */
  List<String> words() {
    return words;
  }

  int size() {
    return words.size();
  }

  /** Where a word begins, in UTF-16 units. */
  int start(int word) {
    return starts[word];
  }

  /** Where a word ends, in UTF-16 units. */
  int end(int word) {
    return ends[word];
  }

  /** Whether something else can be put from in front of this word on. */
  boolean canBegin(int word) {
    return word == 0 || parts[word] != parts[word - 1];
  }

  /** Whether something else can be put up to in front of this word. */
  boolean canEnd(int word) {
    return word == parts.length || canBegin(word);
  }

  /** A word's place in code points. */
  int codePointOf(int utf16) {
    return text.codePointCount(0, utf16);
  }

  /** With spaces in place of a recogniser's marks. */
  private static String withoutMarks(String text) {
    StringBuilder without = null;
    int at = 0;
    while (at < text.length()) {
      char first = text.charAt(at);
      int end = first == '<' || first == '[' ? text.indexOf(first == '<' ? '>' : ']', at) + 1 : 0;
      if (end == 0) {
        at++;
        continue;
      }
      if (without == null) {
        without = new StringBuilder(text);
      }
      for (; at < end; at++) {
        without.setCharAt(at, ' ');
      }
    }
    return without == null ? text : without.toString();
  }

  /** Where a recogniser writes capitals alone, they do not tell initials and names from words. */
  private static String inSmallLetters(String text) {
    boolean spaced = false;
    for (int i = 0; i < text.length(); i++) {
      if (Character.isLowerCase(text.charAt(i))) {
        return text;
      }
      spaced |= text.charAt(i) == ' ';
    }
    if (!spaced) {
      return text;
    }
    char[] small = text.toCharArray();
    for (int i = 0; i < small.length; i++) {
      small[i] = Character.toLowerCase(small[i]);
    }
    return new String(small);
  }

  @Override
  public String toString() {
    return "HypothesisText[words=" + words.size() + "]";
  }
}
