package dev.earshot.bias;

import dev.earshot.phrase.ListedPhrases;
import dev.earshot.pronunciation.Pronunciation;
import java.util.List;

/**
 * How phrases sound, where those of a user's lists are worked out once for all of the user's turns,
 * which then share them.
 */
record ListedSounds(Sounds sounds, ListedPhrases lists) implements Sounds {
  @Override
  public boolean speaks(String locale) {
    return sounds.speaks(locale);
  }

  @Override
  public List<Pronunciation> pronounce(String text) {
    return lists.sounds(text, sounds::pronounce);
  }
}
