package dev.earshot.client.graph;

import dev.earshot.client.BiasPhrase;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A {@link BiasGraph} whose tokens are words, for decoders that go word by word and for scoring
 * finished texts.
 *
 * <p>Words are compared in lower case and Unicode's composed form (NFC). They are kept apart by all
 * that is neither a letter, a digit, a combining mark nor an apostrophe between letters, so that
 * "J.-R. Smith's" is the words j, r, smith's.
 *
 * <p>Immutable and thread-safe.
 */
public final class WordGraph {
  /** The token of a word that is in no phrase. */
  public static final int OTHER_WORD = -1;

  private static final Pattern WORD =
      Pattern.compile("[\\p{L}\\p{M}\\p{N}]+(?:['\u2019][\\p{L}\\p{M}\\p{N}]+)*");

  private final BiasGraph graph;
  private final Map<String, Integer> tokens;

  private WordGraph(BiasGraph graph, Map<String, Integer> tokens) {
    this.graph = graph;
    this.tokens = tokens;
  }

  /**
   * Makes the graph of these phrases. Those without a word are passed over.
   *
   * @param unstatedBoost the boost of phrases that have none, in natural-log units
   * @throws IllegalArgumentException if a boost is not from 0 to {@link BiasGraph#MAX_BOOST}
   */
  public static WordGraph of(Collection<BiasPhrase> phrases, double unstatedBoost) {
    Map<String, Integer> tokens = new HashMap<>();
    BiasGraph.Builder builder = BiasGraph.builder();
    for (BiasPhrase phrase : phrases) {
      int[] words =
          words(phrase.text()).stream()
              .mapToInt(word -> tokens.computeIfAbsent(word, unused -> tokens.size()))
              .toArray();
      if (words.length > 0) {
        builder.phrase(phrase.boost().orElse(unstatedBoost), words);
      }
    }
    return new WordGraph(builder.build(), Map.copyOf(tokens));
  }

  /** The automaton, over {@link #token}s. */
  public BiasGraph graph() {
    return graph;
  }

  /** The token of one word as {@link #words} gives it; {@link #OTHER_WORD} if in no phrase. */
  public int token(String word) {
    return tokens.getOrDefault(word, OTHER_WORD);
  }

  /** What a whole text gets, in natural-log units. */
  public double total(String text) {
    double total = 0;
    int state = graph.start();
    for (String word : words(text)) {
      long step = graph.step(state, token(word));
      total += BiasGraph.score(step);
      state = BiasGraph.state(step);
    }
    return total + graph.finish(state);
  }

  /** The words of a text, as they are compared. */
  public static List<String> words(String text) {
    String plain = Normalizer.normalize(text, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    List<String> words = new ArrayList<>();
    WORD.matcher(plain).results().forEach(word -> words.add(word.group().replace('\u2019', '\'')));
    return words;
  }
}
