package dev.earshot.rescore;

import java.util.List;

/** How texts are split into the words that are compared. */
public final class SpokenWords {
  private SpokenWords() {}

  /** The words of a text in small letters: runs of letters, digits and apostrophes. */
  public static List<String> of(String text) {
    return HypothesisText.of(text).words();
  }
}
