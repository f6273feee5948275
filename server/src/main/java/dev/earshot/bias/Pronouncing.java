package dev.earshot.bias;

import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.pronunciation.Pronunciation;
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

  /** The phrase with its pronunciations; as it is where they are stated or not to be had. */
  BiasPhrase pronounced(BiasPhrase phrase) {
    if (!phrase.pronunciations().isEmpty()
        || sounds.isEmpty()
        || !sounds.get().speaks(phrase.locale())) {
      return phrase;
    }
    List<Pronunciation> known = sounds.get().pronounce(phrase.text());
    return known.isEmpty() ? phrase : phrase.withPronunciations(known);
  }
}
