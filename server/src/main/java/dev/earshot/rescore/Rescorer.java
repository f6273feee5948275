package dev.earshot.rescore;

import dev.earshot.phrase.BiasPhrase;
import java.util.List;

/**
 * Weighs the hypotheses of a recogniser against phrases and the dialogue. To leave everything as it
 * is always competes.
 *
 * <p>Thread-safe and without state between calls; runs on its caller's thread.
 */
public interface Rescorer {
  /** Makes phrases ready to be looked for: once for each bias, for many n-best lists. */
  PreparedPhrases prepare(List<BiasPhrase> phrases);

  /**
   * Rescores an n-best.
   *
   * @param phrases made by this rescorer's {@link #prepare}
   */
  Rescored rescore(NBest nBest, PreparedPhrases phrases, ContextMatch context, RescoreMode mode);

  /** Phrases, ready to be looked for. Immutable. */
  interface PreparedPhrases {
    /** How many there are. */
    int size();
  }
}
