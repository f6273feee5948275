package dev.earshot.perf.asr;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.client.graph.BiasGraph;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Phrases of one turn as a {@link BiasGraph} over the recogniser's tokens. A recogniser that writes
 * case may write a phrase as given, in lower case, or with capitals; whichever it writes counts.
 * Phrases are found as whole words; a punctuation mark ends one as a space does.
 */
final class PhraseBias implements TokenBias {
  /** A phrase and what the whole of it gains, in natural-log units. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Phrase(String text, double boost) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record OfTurn(String turn, List<Phrase> phrases) {}

  private final BiasGraph graph;

  PhraseBias(List<Phrase> phrases, LlamaTokenizer tokenizer) {
    BiasGraph.Builder builder =
        BiasGraph.builder().wordBeginnings(token -> endsWordBefore(tokenizer, token));
    for (Phrase phrase : phrases) {
      if (phrase.text.isBlank()) {
        continue;
      }
      List<int[]> tokenisations = new ArrayList<>();
      for (String writing : writings(phrase.text.strip())) {
        tokenisations.add(tokenizer.encode(writing).stream().mapToInt(Integer::intValue).toArray());
      }
      builder.phrase(phrase.boost, tokenisations);
    }
    this.graph = builder.build();
  }

  /** Reads JSON lines {@code {"turn": …, "phrases": [{"text": …, "boost": …}]}}, by turn. */
  static Map<String, List<Phrase>> read(Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Map<String, List<Phrase>> phrases = new HashMap<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        OfTurn ofTurn = mapper.readValue(line, OfTurn.class);
        phrases.put(ofTurn.turn, ofTurn.phrases);
      }
    }
    return phrases;
  }

  static Set<String> writings(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    StringBuilder capitals = new StringBuilder(lower);
    for (int i = 0; i < lower.length(); i++) {
      if (i == 0 || lower.charAt(i - 1) == ' ') {
        capitals.setCharAt(i, Character.toUpperCase(lower.charAt(i)));
      }
    }
    String sentence = Character.toUpperCase(lower.charAt(0)) + lower.substring(1);
    return new LinkedHashSet<>(List.of(text, lower, sentence, capitals.toString()));
  }

  private static boolean endsWordBefore(LlamaTokenizer tokenizer, int token) {
    if (token >= tokenizer.size()) {
      return true;
    }
    char first = tokenizer.piece(token).charAt(0);
    return first != '\'' && !Character.isLetterOrDigit(first);
  }

  @Override
  public int start() {
    return graph.start();
  }

  @Override
  public void add(int state, float[] scores) {
    graph.addScores(state, scores, 1);
  }

  @Override
  public int advance(int state, int token) {
    return graph.next(state, token);
  }

  @Override
  public double finish(int state) {
    return graph.finish(state);
  }
}
