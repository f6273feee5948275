package dev.earshot.phrase;

import dev.earshot.pronunciation.Pronunciation;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A phrase that a request brings along. Immutable; validated by who makes it.
 *
 * @param text what would be said, as written; not blank
 * @param boost in natural-log units, 0–20; empty: what phrases of a reply get
 * @param display how to write it; empty: as {@code text}
 * @param pronunciations likeliest first; empty: to be worked out
 * @param kind what it names; empty: {@code PHRASE}
 * @param locale BCP 47; empty: the turn's
 */
public record ExplicitPhrase(
    String text,
    OptionalDouble boost,
    String display,
    List<Pronunciation> pronunciations,
    String kind,
    String locale) {
  public ExplicitPhrase {
    pronunciations = List.copyOf(pronunciations);
  }

  /** A phrase of which only the words are known. */
  public static ExplicitPhrase of(String text) {
    return new ExplicitPhrase(text, OptionalDouble.empty(), "", List.of(), "", "");
  }

  @Override
  public String toString() {
    return "ExplicitPhrase[kind=" + kind + "]";
  }
}
