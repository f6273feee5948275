package dev.earshot.phrase;

import java.util.List;

/**
 * What a user may say next. Immutable.
 *
 * @param phrases explicit ones first, then likeliest first; each text once
 * @param dropped how many more there were
 */
public record Phrases(List<BiasPhrase> phrases, int dropped) {
  public static final Phrases NONE = new Phrases(List.of(), 0);

  public Phrases {
    phrases = List.copyOf(phrases);
  }
}
