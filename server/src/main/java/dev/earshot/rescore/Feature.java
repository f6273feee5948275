package dev.earshot.rescore;

import java.util.Locale;

/**
 * What the scorer weighs of a candidate: to take a hypothesis in which a phrase stands, or in which
 * a span sounds like one. The order is that of the scorer's weights.
 *
 * <p>Whether the phrase itself is rare is left out on purpose: in the public data phrases that are
 * not said were drawn otherwise than those that are.
 */
enum Feature {
  /** The phone distance of span and phrase by the longer one's phones, 0–1. */
  DISTANCE,
  /** The phone distance as it is. */
  DISTANCE_TOTAL,
  /** The letters' edit distance by the longer one's letters, 0–1. */
  SPELLING,
  /** Whether the first phones are the same. */
  SAME_FIRST,
  /** Whether the last phones are the same. */
  SAME_LAST,
  /** By how many phones they differ in length, in parts of the longer one. */
  LENGTH_DIFFERENCE,
  /** Natural logarithm of the phrase's phones. */
  PHRASE_PHONES,
  PHRASE_WORDS,
  SPAN_WORDS,
  /** Whether phrase and span have as many words. */
  SAME_WORDS,
  /** How ordinary the replaced words are: the mean of their Zipf frequencies. */
  ZIPF_MEAN,
  /** The least ordinary of the replaced words. */
  ZIPF_LEAST,
  /** Whether all replaced words are in the lexicon. */
  LISTED,
  /** The share of the replaced words that occur in phrases. */
  SPAN_IN_PHRASES,
  /** Whether a replaced word belongs to a phrase that stands there as it is. */
  BREAKS_EXACT,
  /** Whether the hypothesis holds the phrase as it is, so that nothing is replaced. */
  EXACT,
  /** How much worse the recogniser scored the hypothesis than its best, in natural-log units. */
  SCORE_GAP,
  /** The posterior of the hypotheses that hold the phrase as it is. */
  POSTERIOR_EXACT,
  /** The posterior of the hypotheses that hold the replaced words. */
  POSTERIOR_SPAN,
  /** The least distance of the phrase in any hypothesis. */
  DISTANCE_ANYWHERE,
  /** The distance of the phrase in the recogniser's best hypothesis, at most 1. */
  DISTANCE_IN_BEST,
  /** By how much the next best phrase for the same words is further off, at most 0.5. */
  MARGIN,
  /** How much nearer this span is than the best other span of the hypothesis for the phrase. */
  SPAN_MARGIN,
  /** Natural logarithm of one and the phrases that the best hypothesis holds: the list fits. */
  HELD_IN_BEST,
  /** Natural logarithm of the number of hypotheses. */
  HYPOTHESES,
  /** Natural logarithm of the number of phrases. */
  PHRASES,
  /** How many words the phrases have on average: names, or single words of any kind. */
  WORDS_OF_PHRASES,
  /** Natural logarithm of the hypothesis's words: a short answer, a request, or dictation. */
  UTTERANCE_WORDS,
  /** The share of the utterance's phones that the span has. */
  COVERAGE,
  FROM_REQUEST,
  FROM_REPLY,
  FROM_DIALOGUE,
  FROM_PROFILE,
  /** The boost of the phrase, in natural-log units. */
  BOOST,
  /**
   * By how much better the hypothesis fits the dialogue than the best one, by the context vector.
   */
  CONTEXT,
  /** Whether the phrase is the replaced words in another form: "schedules" for "scheduled". */
  SAME_STEMS,
  /** Whether a word beside the span is a form of one of the phrase's: it would be said twice. */
  DOUBLES_NEIGHBOUR;

  static final int COUNT = values().length;

  /** Its place among a candidate's numbers. */
  @SuppressWarnings("EnumOrdinal") // The order is the format: the scorer's file names it, too.
  int index() {
    return ordinal();
  }

  /** Its name in files. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
