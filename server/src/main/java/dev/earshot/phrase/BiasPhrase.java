package dev.earshot.phrase;

import dev.earshot.pronunciation.Pronunciation;
import java.util.List;

/**
 * A phrase that the user may say next. Immutable.
 *
 * @param text what would be said, as words
 * @param boost what the whole phrase gains over not being favoured, in natural-log units, 0–20
 * @param display how to write it; never empty
 * @param pronunciations how it sounds, likeliest first; empty: not known
 * @param kind what it names, such as {@code CONTACT}
 * @param source what it was taken from
 * @param locale its language, BCP 47; empty: the bundle's
 */
public record BiasPhrase(
    String text,
    double boost,
    String display,
    List<Pronunciation> pronunciations,
    String kind,
    PhraseSource source,
    String locale) {
  public BiasPhrase {
    pronunciations = List.copyOf(pronunciations);
  }

  /** The same with other pronunciations. */
  public BiasPhrase withPronunciations(List<Pronunciation> others) {
    return new BiasPhrase(text, boost, display, others, kind, source, locale);
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "BiasPhrase[kind=" + kind + ", source=" + source + "]";
  }
}
