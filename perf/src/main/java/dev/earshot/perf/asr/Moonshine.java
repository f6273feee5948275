package dev.earshot.perf.asr;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Moonshine-tiny (Jeffries et al., Moonshine: Speech recognition for live transcription and voice
 * commands, 2024; arXiv:2410.15608), 8-bit: an encoder over 16 kHz samples and a decoder with a
 * cache of keys and values, run by ONNX Runtime. The weights' 8-bit arithmetic scales activations
 * by the whole batch, so that a score may differ in its third digit by which hypotheses share a
 * step; the same audio gives the same answer. Not thread-safe.
 */
final class Moonshine implements AutoCloseable {
  static final int SAMPLE_RATE = 16_000;

  private static final int LAYERS = 6;
  private static final int HEADS = 8;
  private static final int HEAD_SIZE = 36;
  private static final int VOCABULARY = 32_768;
  private static final List<String> PARTS = List.of("key", "value");

  /** The publication's limit of tokens for a second of speech. */
  private static final double TOKENS_PER_SECOND = 6.5;

  /** Beside these; short answers are names, which take more pieces than other words. */
  private static final int EXTRA_TOKENS = 6;

  private static final int VARIANTS = 2;

  /** Of 0 to 1.3, on development turns: without, noise makes hypotheses break off. */
  private static final double LENGTH_REWARD = 0.2;

  /** A hypothesis so far below the best is a piece of it, or noise. */
  private static final double MARGIN = 9;

  private static final int SHORTEST = SAMPLE_RATE / 4;

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession encoder;
  private final OrtSession decoder;
  private final LlamaTokenizer tokenizer;
  private final BeamSearch search;

  /** Keys and values that the step before wrote, by layer: [rows, heads, time, 36]. */
  private final FloatBuffer[] written = new FloatBuffer[2 * LAYERS];

  /** What the next step reads: the same rows in the parents' order. */
  private final FloatBuffer[] read = new FloatBuffer[2 * LAYERS];

  private final FloatBuffer logits;
  private final float[][] scores;

  private Moonshine(OrtSession encoder, OrtSession decoder, LlamaTokenizer tokenizer, int beams) {
    this.encoder = encoder;
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    boolean[] forbidden = new boolean[VOCABULARY];
    for (int token = 0; token < VOCABULARY; token++) {
      forbidden[token] =
          token == LlamaTokenizer.UNKNOWN
              || token == LlamaTokenizer.START
              || token >= tokenizer.size();
    }
    long[][] spelled = new long[tokenizer.size()][];
    for (int token = 0; token < spelled.length; token++) {
      spelled[token] =
          tokenizer
              .piece(token)
              .toLowerCase(Locale.ROOT)
              .chars()
              .map(c -> c == '▁' || c == '-' ? ' ' : c)
              .filter(c -> c == ' ' || c == '\'' || Character.isLetterOrDigit(c))
              .asLongStream()
              .toArray();
    }
    this.search =
        new BeamSearch(
            beams,
            VARIANTS,
            LENGTH_REWARD,
            MARGIN,
            LlamaTokenizer.START,
            LlamaTokenizer.END,
            forbidden,
            (key, token) -> {
              long extended = key;
              for (long character : spelled[token]) {
                extended = extended * 0x9E3779B97F4A7C15L + character + 1;
              }
              return extended;
            });
    Arrays.fill(written, floats(0));
    Arrays.fill(read, floats(0));
    this.logits = floats(beams * VOCABULARY);
    this.scores = new float[beams][VOCABULARY];
  }

  /**
   * Loads what {@code perf/asr/install} fetched.
   *
   * @param folder with {@code encoder_model.onnx}, {@code decoder_model_merged.onnx} and {@code
   *     llama-tokenizer.js}
   * @param threads of ONNX Runtime
   * @param beams hypotheses
   * @throws IOException if a file is missing or is not what was expected
   */
  static Moonshine load(Path folder, int threads, int beams) throws IOException, OrtException {
    LlamaTokenizer tokenizer = LlamaTokenizer.read(folder.resolve("llama-tokenizer.js"));
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      // The embedding, which is the output layer, too, would be turned to floats in each step.
      options.addConfigEntry("session.disable_quant_qdq", "1");
      OrtSession encoder =
          environment.createSession(folder.resolve("encoder_model.onnx").toString(), options);
      try {
        OrtSession decoder =
            environment.createSession(
                folder.resolve("decoder_model_merged.onnx").toString(), options);
        return new Moonshine(encoder, decoder, tokenizer, beams);
      } catch (OrtException e) {
        encoder.close();
        throw e;
      }
    }
  }

  LlamaTokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Recognises.
   *
   * @param samples at 16 kHz, in -1 to 1
   * @return best first
   */
  List<Hypothesis> recognise(float[] samples, TokenBias bias) throws OrtException {
    int length = Math.max(samples.length, SHORTEST);
    FloatBuffer padded = floats(length);
    padded.put(0, samples);
    int maxTokens =
        (int) Math.ceil(TOKENS_PER_SECOND * samples.length / SAMPLE_RATE) + EXTRA_TOKENS;
    try (OnnxTensor input = OnnxTensor.createTensor(environment, padded, new long[] {1, length});
        OrtSession.Result encoded = encoder.run(Map.of("input_values", input));
        Utterance utterance = new Utterance((OnnxTensor) encoded.get(0), maxTokens)) {
      return search.decode(utterance, bias, maxTokens);
    }
  }

  /** One utterance's decoder; one at a time, since the cache is shared. */
  private final class Utterance implements TokenDecoder, AutoCloseable {
    private final OnnxTensor hidden;
    private final List<OrtSession.Result> owned = new ArrayList<>();
    private final Map<String, OnnxTensor> ofEncoder = new HashMap<>();

    private int length;

    Utterance(OnnxTensor hidden, int maxTokens) {
      this.hidden = hidden;
      int needed = search.width() * HEADS * (maxTokens + 1) * HEAD_SIZE;
      for (int i = 0; i < written.length; i++) {
        if (written[i].capacity() < needed) {
          written[i] = floats(needed);
          read[i] = floats(needed);
        }
      }
    }

    @Override
    public float[][] step(int[] parents, int[] tokens) throws OrtException {
      int rows = tokens.length;
      boolean cached = length > 0;
      if (cached) {
        int row = HEADS * length * HEAD_SIZE;
        for (int i = 0; i < written.length; i++) {
          for (int to = 0; to < rows; to++) {
            read[i].put(to * row, written[i], parents[to] * row, row);
          }
        }
      }
      LongBuffer ids =
          ByteBuffer.allocateDirect(rows * Long.BYTES)
              .order(ByteOrder.nativeOrder())
              .asLongBuffer();
      for (int i = 0; i < rows; i++) {
        ids.put(i, tokens[i]);
      }
      Map<String, OnnxTensorLike> inputs = new HashMap<>(ofEncoder);
      Map<String, OnnxTensor> outputs = new HashMap<>();
      Set<String> requested = new HashSet<>();
      List<OnnxTensor> ofStep = new ArrayList<>();
      try {
        put(
            ofStep,
            inputs,
            "input_ids",
            OnnxTensor.createTensor(environment, ids, new long[] {rows, 1}));
        put(
            ofStep,
            inputs,
            "use_cache_branch",
            OnnxTensor.createTensor(environment, new boolean[] {cached}));
        inputs.put("encoder_hidden_states", hidden);
        put(ofStep, outputs, "logits", tensor(logits, rows, 1, VOCABULARY));
        for (int i = 0; i < written.length; i++) {
          String name = name(i, "decoder");
          // Without a cache the branch that is taken reads none of it, but its type is checked.
          put(
              ofStep,
              inputs,
              "past_key_values." + name,
              tensor(read[i], rows, HEADS, Math.max(1, length), HEAD_SIZE));
          put(
              ofStep,
              outputs,
              "present." + name,
              tensor(written[i], rows, HEADS, length + 1, HEAD_SIZE));
          if (!cached) {
            String encoderName = name(i, "encoder");
            put(
                ofStep,
                inputs,
                "past_key_values." + encoderName,
                tensor(read[i], rows, HEADS, 1, HEAD_SIZE));
            requested.add("present." + encoderName);
          }
        }
        OrtSession.Result result = decoder.run(inputs, requested, outputs);
        if (cached) {
          result.close();
        } else {
          owned.add(result);
          for (int i = 0; i < written.length; i++) {
            String name = name(i, "encoder");
            ofEncoder.put(
                "past_key_values." + name,
                (OnnxTensor) result.get("present." + name).orElseThrow());
          }
        }
      } finally {
        ofStep.forEach(OnnxTensor::close);
      }
      for (int row = 0; row < rows; row++) {
        logits.get(row * VOCABULARY, scores[row]);
      }
      length++;
      return scores;
    }

    private String name(int index, String side) {
      return index / 2 + "." + side + "." + PARTS.get(index % 2);
    }

    private void put(
        List<OnnxTensor> ofStep, Map<String, ? super OnnxTensor> to, String name, OnnxTensor made) {
      ofStep.add(made);
      to.put(name, made);
    }

    private OnnxTensor tensor(FloatBuffer buffer, long... shape) throws OrtException {
      int elements = 1;
      for (long dimension : shape) {
        elements *= (int) dimension;
      }
      return OnnxTensor.createTensor(environment, buffer.slice(0, elements), shape);
    }

    @Override
    public void close() {
      owned.forEach(OrtSession.Result::close);
    }
  }

  private static FloatBuffer floats(int length) {
    return ByteBuffer.allocateDirect(length * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  @Override
  public void close() throws OrtException {
    encoder.close();
    decoder.close();
  }
}
