package dev.earshot.client;

import java.util.List;
import java.util.OptionalDouble;

/**
 * A phrase that a recogniser should favour. In a query all but the text may be left open; each
 * {@code with…} method returns a changed copy.
 *
 * @param text what would be said. 1 to 200 code points, not blank, no control characters, no {@code
 *     <} or {@code >}
 * @param boost what the whole phrase gains over not being favoured, in natural-log units, 0 to 20.
 *     In a query empty: the server's own. Always set in an answer
 * @param display how to write it where that differs from the text; empty: as the text
 * @param pronunciations how it sounds, likeliest first, in ARPAbet phones ("B AW1 ER0"). In a query
 *     empty: worked out. In an answer empty: not known
 * @param kind what it names, such as "CONTACT" or "PLACE"; empty: a phrase
 * @param source what it was taken from. Of answers only
 * @param locale language of the phrase, BCP 47; in a query empty: the query's
 */
public record BiasPhrase(
    String text,
    OptionalDouble boost,
    String display,
    List<String> pronunciations,
    String kind,
    Source source,
    String locale) {
  public BiasPhrase {
    pronunciations = List.copyOf(pronunciations);
  }

  /** What a phrase was taken from. */
  public enum Source {
    /** Not stated: so in queries. */
    UNSPECIFIED,
    /** The reply and the items of the interaction. */
    REPLY,
    /** Earlier interactions of the dialogue. */
    DIALOGUE,
    /** The user's lists. */
    PROFILE,
    /** The query's own phrases. */
    REQUEST,
    /** One that this SDK is too old to know. */
    UNRECOGNIZED
  }

  /** A phrase whose boost and pronunciation the server works out. */
  public static BiasPhrase of(String text) {
    return new BiasPhrase(text, OptionalDouble.empty(), "", List.of(), "", Source.UNSPECIFIED, "");
  }

  /** A phrase with its boost. */
  public static BiasPhrase of(String text, double boost) {
    return of(text).withBoost(boost);
  }

  /** With what the whole phrase gains, in natural-log units. */
  public BiasPhrase withBoost(double boost) {
    return new BiasPhrase(
        text, OptionalDouble.of(boost), display, pronunciations, kind, source, locale);
  }

  /** With how to write it. */
  public BiasPhrase withDisplay(String display) {
    return new BiasPhrase(text, boost, display, pronunciations, kind, source, locale);
  }

  /** With how it sounds, in ARPAbet phones. */
  public BiasPhrase withPronunciations(List<String> pronunciations) {
    return new BiasPhrase(text, boost, display, pronunciations, kind, source, locale);
  }

  /** With what it names. */
  public BiasPhrase withKind(String kind) {
    return new BiasPhrase(text, boost, display, pronunciations, kind, source, locale);
  }

  /** How to write it. */
  public String written() {
    return display.isEmpty() ? text : display;
  }

  dev.earshot.v1.BiasPhrase toMessage() {
    dev.earshot.v1.BiasPhrase.Builder message =
        dev.earshot.v1.BiasPhrase.newBuilder()
            .setText(text)
            .setDisplay(display)
            .addAllPronunciations(pronunciations)
            .setKind(kind)
            .setLocale(locale);
    boost.ifPresent(message::setBoost);
    return message.build();
  }

  static BiasPhrase of(dev.earshot.v1.BiasPhrase message) {
    return new BiasPhrase(
        message.getText(),
        message.hasBoost() ? OptionalDouble.of(message.getBoost()) : OptionalDouble.empty(),
        message.getDisplay(),
        message.getPronunciationsList(),
        message.getKind(),
        source(message.getSource()),
        message.getLocale());
  }

  private static Source source(dev.earshot.v1.BiasPhrase.Source source) {
    return switch (source) {
      case SOURCE_UNSPECIFIED -> Source.UNSPECIFIED;
      case SOURCE_REPLY -> Source.REPLY;
      case SOURCE_DIALOGUE -> Source.DIALOGUE;
      case SOURCE_PROFILE -> Source.PROFILE;
      case SOURCE_REQUEST -> Source.REQUEST;
      case UNRECOGNIZED -> Source.UNRECOGNIZED;
    };
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "BiasPhrase[kind=" + kind + ", source=" + source + ", boost=" + boost + "]";
  }
}
