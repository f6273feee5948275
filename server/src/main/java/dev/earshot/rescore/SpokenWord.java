package dev.earshot.rescore;

import dev.earshot.pronunciation.Pronunciation;
import java.util.List;

/**
 * A word as it was heard. Immutable.
 *
 * @param text in small letters
 * @param sounds how it may sound, likeliest first; empty: not known
 * @param zipf how ordinary it is: log10 of its uses in a billion words; 0: very rare
 * @param listed whether the lexicon has it
 * @param stem its {@link WordStem}
 */
record SpokenWord(
    String text, List<Pronunciation> sounds, float zipf, boolean listed, String stem) {
  @Override
  public String toString() {
    return "SpokenWord[listed=" + listed + "]";
  }
}
