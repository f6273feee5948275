package dev.earshot.model;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.BiasBundle.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Contexts with their token ids, embeddings and similarities, as the bundle's maker computed them.
 * They prove that this implementation, on this processor, is the same.
 */
final class ContextGoldenVectors {
  /** Largest difference of a value between processors' float arithmetic. */
  private static final float TOLERANCE = 5e-3f;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String file;
  private final List<Golden> vectors;

  private ContextGoldenVectors(String file, List<Golden> vectors) {
    this.file = file;
    this.vectors = vectors;
  }

  /**
   * One context.
   *
   * @param embeddingHeads the first values of each item's embedding
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Golden(
      List<Item> items,
      @JsonProperty("word_ids") List<int[]> wordIds,
      @JsonProperty("unknown_ngrams") List<List<int[]>> unknownNgrams,
      @JsonProperty("embedding_heads") List<float[]> embeddingHeads,
      List<String> hypotheses,
      float[] similarities) {
    Golden {
      Objects.requireNonNull(similarities, "similarities");
      items = List.copyOf(items);
      wordIds = List.copyOf(wordIds);
      unknownNgrams = List.copyOf(unknownNgrams);
      embeddingHeads = List.copyOf(embeddingHeads);
      hypotheses = List.copyOf(hypotheses);
    }

    List<ContextText> texts() {
      return items.stream().map(item -> new ContextText(item.kind, item.text)).toList();
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Item(String kind, String text) {
    Item {
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(text, "text");
    }
  }

  static ContextGoldenVectors read(BiasBundle bundle) throws BundleException {
    String file = bundle.fileName(Role.CONTEXT_GOLDEN);
    try (MappingIterator<Golden> lines =
        JSON.readerFor(Golden.class).readValues(bundle.read(Role.CONTEXT_GOLDEN))) {
      return new ContextGoldenVectors(file, new ArrayList<>(lines.readAll()));
    } catch (IOException e) {
      throw new BundleException(file, "not golden vectors: " + Manifest.firstLine(e), e);
    }
  }

  List<Golden> vectors() {
    return vectors;
  }

  /** Tokenises and computes everything; throws at the first difference. */
  void check(OnnxContextEncoder encoder) throws BundleException {
    try {
      for (int line = 1; line <= vectors.size(); line++) {
        check(encoder, vectors.get(line - 1), line);
      }
    } catch (InferenceException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new BundleException(file, "cannot be computed: " + Manifest.firstLine(e), e);
    }
  }

  private void check(OnnxContextEncoder encoder, Golden golden, int line) throws BundleException {
    for (int i = 0; i < golden.items.size(); i++) {
      Tokens expected = new Tokens(golden.wordIds.get(i), golden.unknownNgrams.get(i));
      if (!encoder.tokenizer().tokenize(golden.items.get(i).text).equals(expected)) {
        throw problem(line, "item " + i + ": tokenised otherwise");
      }
    }
    ContextVector vector = encoder.encode(golden.texts());
    float[] values = vector.values();
    for (int i = 0; i < vector.items(); i++) {
      float[] head = golden.embeddingHeads.get(i);
      for (int d = 0; d < head.length; d++) {
        requireNear(
            line, "item " + i + ", value " + d, values[i * vector.dimensions() + d], head[d]);
      }
    }
    if (encoder.canMatch()) {
      float[] similarities = encoder.match(vector, golden.hypotheses);
      for (int i = 0; i < similarities.length; i++) {
        requireNear(line, "hypothesis " + i, similarities[i], golden.similarities[i]);
      }
    }
  }

  private void requireNear(int line, String what, float actual, float expected)
      throws BundleException {
    if (!(Math.abs(actual - expected) <= TOLERANCE)) {
      throw problem(line, what + ": " + actual + " (expected: " + expected + ")");
    }
  }

  private BundleException problem(int line, String problem) {
    return new BundleException(file, "line " + line + ": " + problem);
  }
}
