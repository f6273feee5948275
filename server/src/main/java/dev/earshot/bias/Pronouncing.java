package dev.earshot.bias;

import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.pronunciation.PhoneAlignment;
import dev.earshot.pronunciation.Pronunciation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Gives phrases the pronunciations that nobody stated. Thread-safe if its sounds are. */
record Pronouncing(Optional<Sounds> sounds) {
  /** Why phrases of a language cannot be pronounced; empty: they can. */
  Optional<Reason> cannot(String locale) {
    if (sounds.isEmpty()) {
      return Optional.of(Reason.NOT_FOUND);
    }
    return sounds.get().speaks(locale)
        ? Optional.empty()
        : Optional.of(Reason.UNSUPPORTED_LANGUAGE);
  }

  /**
   * Those of several words of which it is known how they sound: as stated, or worked out before.
   */
  static List<BiasPhrase> stated(List<BiasPhrase> phrases) {
    return phrases.stream()
        .filter(phrase -> !phrase.pronunciations().isEmpty() && phrase.text().indexOf(' ') > 0)
        .toList();
  }

  /**
   * The phrase with its pronunciations; as it is where they are stated or not to be had.
   *
   * @param stated as {@link #stated} found them
   */
  BiasPhrase pronounced(BiasPhrase phrase, List<BiasPhrase> stated) {
    if (!phrase.pronunciations().isEmpty()
        || sounds.isEmpty()
        || !sounds.get().speaks(phrase.locale())) {
      return phrase;
    }
    List<Pronunciation> known = inherited(sounds.get(), phrase, stated);
    if (known.isEmpty()) {
      known = sounds.get().pronounce(phrase.text());
    }
    return known.isEmpty() ? phrase : phrase.withPronunciations(known);
  }

  /** Of "bauer", how it sounds in "meg bauer", if that is stated. */
  private static List<Pronunciation> inherited(
      Sounds sounds, BiasPhrase phrase, List<BiasPhrase> stated) {
    String padded = " " + phrase.text() + " ";
    for (BiasPhrase whole : stated) {
      if ((" " + whole.text() + " ").contains(padded)
          && !whole.pronunciations().equals(sounds.pronounce(whole.text()))) {
        List<Pronunciation> parts = parts(sounds, phrase, whole);
        if (!parts.isEmpty()) {
          return parts;
        }
      }
    }
    return List.of();
  }

  private static List<Pronunciation> parts(Sounds sounds, BiasPhrase phrase, BiasPhrase whole) {
    List<String> words = List.of(whole.text().split(" ", -1));
    List<String> sought = List.of(phrase.text().split(" ", -1));
    int from = Collections.indexOfSubList(words, sought);
    List<Pronunciation> usual = new ArrayList<>(words.size());
    for (String word : words) {
      List<Pronunciation> known = sounds.pronounce(word);
      if (known.isEmpty()) {
        return List.of();
      }
      usual.add(known.get(0));
    }
    List<Pronunciation> parts = new ArrayList<>();
    for (Pronunciation sound : whole.pronunciations()) {
      PhoneAlignment.part(sound, usual, from, from + sought.size())
          .filter(part -> !parts.contains(part))
          .ifPresent(parts::add);
    }
    return parts;
  }
}
