package dev.earshot.rescore;

import java.util.List;

/** How English texts are split into the words that are compared. */
public final class SpokenWords {
  private SpokenWords() {}

  /** The words of a text as they are said, in small letters: "five thirty" of "5:30". */
  public static List<String> of(String text) {
    return HypothesisText.of(text, true).words();
  }
}
