package dev.earshot.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The context encoder's tensors for one call at a time. Texts are laid end to end in direct buffers
 * that are allocated once; outputs are pinned.
 *
 * <p>Not thread-safe.
 */
final class ContextWorkspace implements AutoCloseable {
  /**
   * Words that are described by their n-grams in one run, as {@code models/README.md} says; more
   * are read as unknown and no more.
   */
  static final int MAX_UNKNOWN = 256;

  /** Code points of a text that are read by a graph that reads letters. */
  static final int MAX_CHARACTERS = 256;

  /** Hypotheses' words of one run. Fewer than {@link #MAX_UNKNOWN}, so that all are described. */
  private static final int MATCHED_WORDS = 256;

  private static final int MATCHED_TEXTS = 64;

  /** Token counts are rounded up, so that there are few shapes. */
  private static final int TOKEN_STEP = 16;

  private final OrtSession encode;
  private final @Nullable OrtSession match;
  private final int dimensions;
  private final int maxNgrams;
  private final Tensors.Ints wordIds;
  private final Tensors.Ints lengths;
  private final Tensors.Ints unknownSlots;
  private final Tensors.Ints unknownNgrams;
  private final Tensors.Ints kinds;
  private final Tensors.Ints characters;
  private final Tensors.Ints characterLengths;
  private final Tensors.Floats embedding;
  private final Tensors.Floats similarities;
  private final List<Tensors> all;
  private final Map<String, OnnxTensor> encodeInputs = new HashMap<>();
  private final Map<String, OnnxTensor> encodeOutputs = new HashMap<>();
  private final Map<String, OnnxTensor> matchInputs = new HashMap<>();
  private final Map<String, OnnxTensor> matchOutputs = new HashMap<>();
  private final RunTimes.Sum encodeTimes;
  private final RunTimes.Sum matchTimes;

  private int texts;
  private int tokens;
  private int unknown;
  private int items;
  private int characterCount;

  /** The inputs that the encoding graph declares. */
  private final Set<String> declared;

  ContextWorkspace(
      BiasManifest.Context context,
      OnnxRuntime runtime,
      OrtSession encode,
      @Nullable OrtSession match) {
    this.encode = encode;
    this.match = match;
    encodeTimes = runtime.runTimes().of(BiasBundle.Role.CONTEXT_ENCODE.key());
    matchTimes = runtime.runTimes().of(BiasBundle.Role.CONTEXT_MATCH.key());
    dimensions = context.dimensions();
    maxNgrams = context.tokenizer().maxNgrams();
    int maxTexts = Math.max(context.maxItems(), MATCHED_TEXTS);
    int maxTokens =
        roundUp(Math.max(MATCHED_WORDS, context.maxItems() * context.tokenizer().maxWords()));
    OrtEnvironment environment = runtime.environment();
    wordIds = new Tensors.Ints(environment, maxTokens, 0);
    unknownSlots = new Tensors.Ints(environment, maxTokens, 0);
    unknownNgrams = new Tensors.Ints(environment, MAX_UNKNOWN, maxNgrams);
    lengths = new Tensors.Ints(environment, maxTexts, 0);
    kinds = new Tensors.Ints(environment, maxTexts, 0);
    declared = encode.getInputNames();
    characters =
        new Tensors.Ints(environment, readsCharacters() ? maxTexts * MAX_CHARACTERS : 1, 0);
    characterLengths = new Tensors.Ints(environment, maxTexts, 0);
    embedding = new Tensors.Floats(environment, context.maxItems(), dimensions);
    similarities = new Tensors.Floats(environment, MATCHED_TEXTS, 0);
    all =
        List.of(
            wordIds,
            lengths,
            unknownSlots,
            unknownNgrams,
            kinds,
            characters,
            characterLengths,
            embedding,
            similarities);
  }

  /** Whether another hypothesis goes into the next run. */
  boolean fits(Tokens next) {
    return texts == 0 || (texts < MATCHED_TEXTS && tokens + next.length() <= MATCHED_WORDS);
  }

  /** Lays a text behind those that are there. */
  void add(Tokens text, int kind) {
    int described = 0;
    for (int id : text.wordIds()) {
      int slot = 0;
      if (id == Tokenizer.UNKNOWN) {
        int[] buckets = text.unknownNgrams().get(described++);
        if (unknown < MAX_UNKNOWN) {
          int start = unknown * maxNgrams;
          unknownNgrams.buffer().put(start, buckets);
          for (int i = buckets.length; i < maxNgrams; i++) {
            unknownNgrams.buffer().put(start + i, 0);
          }
          slot = ++unknown;
        }
      }
      wordIds.buffer().put(tokens, id);
      unknownSlots.buffer().put(tokens, slot);
      tokens++;
    }
    lengths.buffer().put(texts, text.length());
    kinds.buffer().put(texts, kind);
    texts++;
  }

  /** Whether the encoding graph reads letters. */
  boolean readsCharacters() {
    return declared.contains(OnnxContextEncoder.CHARACTERS);
  }

  /** Lays the letters of the text that was added last behind those that are there. */
  void addCharacters(int[] codePoints) {
    characters.buffer().put(characterCount, codePoints);
    characterLengths.buffer().put(texts - 1, codePoints.length);
    characterCount += codePoints.length;
  }

  /** Makes the embedding of the texts that were added: {@code [texts, dimensions]}. */
  float[] encode() {
    int count = texts;
    bindTexts(encodeInputs);
    encodeInputs.put("kinds", kinds.shaped(count));
    if (readsCharacters()) {
      encodeInputs.put(OnnxContextEncoder.CHARACTERS, characters.shaped(paddedCharacters()));
      encodeInputs.put(OnnxContextEncoder.CHARACTER_LENGTHS, characterLengths.shaped(count));
    }
    encodeInputs.keySet().retainAll(declared);
    encodeOutputs.put("embedding", embedding.shaped(count, dimensions));
    run(encode, encodeInputs, encodeOutputs, encodeTimes);
    float[] values = new float[count * dimensions];
    embedding.buffer().get(0, values);
    return values;
  }

  /** Fills the letters up with 0, and begins anew. */
  private int paddedCharacters() {
    int length = roundUp(characterCount);
    for (int i = characterCount; i < length; i++) {
      characters.buffer().put(i, 0);
    }
    characterCount = 0;
    return length;
  }

  /** The context that hypotheses are compared with. */
  void put(ContextVector vector) {
    items = vector.items();
    embedding.buffer().put(0, vector.shared());
  }

  /** Compares the texts that were added with the context. */
  void match(float[] to, int from) {
    if (match == null) {
      throw new IllegalStateException("no graph to match with");
    }
    int count = texts;
    bindTexts(matchInputs);
    matchInputs.put("embedding", embedding.shaped(items, dimensions));
    matchOutputs.put("similarities", similarities.shaped(count));
    run(match, matchInputs, matchOutputs, matchTimes);
    similarities.buffer().get(0, to, from, count);
  }

  /** Puts the tensors of the texts that were added, and begins anew. */
  private void bindTexts(Map<String, OnnxTensor> inputs) {
    int length = roundUp(tokens);
    for (int i = tokens; i < length; i++) {
      wordIds.buffer().put(i, Tokenizer.PAD);
      unknownSlots.buffer().put(i, 0);
    }
    if (unknown == 0) {
      for (int i = 0; i < maxNgrams; i++) {
        unknownNgrams.buffer().put(i, 0);
      }
    }
    inputs.put("word_ids", wordIds.shaped(length));
    inputs.put("lengths", lengths.shaped(texts));
    inputs.put("unknown_slots", unknownSlots.shaped(length));
    inputs.put("unknown_ngrams", unknownNgrams.shaped(Math.max(1, unknown), maxNgrams));
    texts = 0;
    tokens = 0;
    unknown = 0;
  }

  private static void run(
      OrtSession session,
      Map<String, OnnxTensor> inputs,
      Map<String, OnnxTensor> outputs,
      RunTimes.Sum times) {
    long start = System.nanoTime();
    // Pinned outputs are not closed with the result, which holds nothing else.
    try (OrtSession.Result ignored = session.run(inputs, Set.of(), outputs)) {
      times.add(System.nanoTime() - start);
    } catch (OrtException e) {
      throw new InferenceException("context: " + Manifest.firstLine(e), e);
    }
  }

  @Override
  public void close() {
    all.forEach(Tensors::close);
  }

  private static int roundUp(int tokens) {
    return (tokens + TOKEN_STEP - 1) / TOKEN_STEP * TOKEN_STEP;
  }
}
