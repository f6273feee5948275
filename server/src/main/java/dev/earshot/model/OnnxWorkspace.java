package dev.earshot.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The three stages on direct buffers that are allocated once. A tensor over a buffer is made for
 * each shape when it first comes up, and kept; outputs are pinned to the buffers that the next
 * stage reads.
 */
final class OnnxWorkspace implements Workspace {
  private static final int MAX_K = 100;
  private static final int MAX_ENABLED = 2_048;

  /**
   * Words that one encoder run reads. From some hundred on, a larger batch takes no less time a
   * word, and what the runtime needs for it stays in its arena.
   */
  private static final int ENCODED_WORDS = 128;

  /**
   * Places for words that one encoder run reads, padding included. The CPU's graph computes little
   * of padding, but each of its places is still read and summed, and a long text gives them to all.
   */
  private static final int ENCODED_PLACES = 2 * ENCODED_WORDS;

  private final OrtSession encode;
  private final OrtSession attend;

  /** The graph that classifies, or null where {@link #stagedClassifier} does. */
  private final @Nullable OrtSession classify;

  private final @Nullable StagedClassifier stagedClassifier;
  private final Calibration calibration;
  private final int maxRows;
  private final int maxWords;
  private final int maxNgrams;
  private final int dimension;

  /** Unknown words that one encoder run reads. */
  private final int maxUnknown;

  /** Enabled skills, of all users together, that one attention run reads. */
  private final int enabledCapacity;

  private final Tensors.Ints wordIds;
  private final Tensors.Ints lengths;
  private final Tensors.Ints unknownSlots;
  private final Tensors.Ints unknownNgrams;

  /** Hypotheses' vectors, before they are averaged into {@link #utterances}. */
  private final Tensors.Floats hypotheses;

  private final Tensors.Floats utterances;
  private final Tensors.Int8Vectors enabledRows;
  private final Tensors.Floats enabledScales;
  private final Tensors.Ints enabledCounts;
  private final Tensors.Floats queries;
  private final Tensors.Longs enabledIndices;
  private final Tensors.Floats enabledBoosts;
  private final Tensors.Floats inverseTemperatures;
  private final Tensors.Longs k;
  private final Tensors.Longs topIndices;
  private final Tensors.Floats topLogProbabilities;
  private final Tensors.Floats scopeScores;

  private final Bindings encodeBindings;
  private final Bindings attendBindings;
  private final Bindings classifyBindings;
  private final OrtSession.RunOptions runOptions;
  private final List<Tensors> all;

  /** Whether runs are to end. */
  private volatile boolean terminated;

  /** Texts about to be encoded. */
  private final Tokens[] staged;

  private int size;
  private int lastK;

  OnnxWorkspace(
      Bundle bundle,
      OnnxRuntime runtime,
      OrtSession encode,
      OrtSession attend,
      @Nullable OrtSession classify,
      StagedClassifier.@Nullable Index index,
      int maxRows) {
    if (maxRows < 1) {
      throw new IllegalArgumentException("maxRows: " + maxRows + " (expected: >= 1)");
    }
    OrtEnvironment environment = runtime.environment();
    encodeBindings = new Bindings(runtime.runTimes().of("encode"));
    attendBindings = new Bindings(runtime.runTimes().of("attend"));
    classifyBindings = new Bindings(runtime.runTimes().of("classify"));
    this.encode = encode;
    this.attend = attend;
    this.classify = classify;
    stagedClassifier = index == null ? null : new StagedClassifier(index, MAX_ENABLED, MAX_K);
    try {
      runOptions = new OrtSession.RunOptions();
    } catch (OrtException e) {
      throw new InferenceException("run options: " + Manifest.firstLine(e), e);
    }
    this.calibration = bundle.calibration();
    this.maxRows = maxRows;
    Manifest manifest = bundle.manifest();
    maxWords = manifest.tokenizer().maxWords();
    maxNgrams = manifest.tokenizer().maxNgrams();
    dimension = manifest.dimensions().query();
    staged = new Tokens[maxRows];
    wordIds = new Tensors.Ints(environment, maxRows, maxWords);
    lengths = new Tensors.Ints(environment, maxRows, 0);
    unknownSlots = new Tensors.Ints(environment, maxRows, maxWords);
    maxUnknown = Math.min(maxRows * maxWords, Math.max(ENCODED_WORDS, maxWords));
    unknownNgrams = new Tensors.Ints(environment, maxUnknown, maxNgrams);
    hypotheses = new Tensors.Floats(environment, maxRows, dimension);
    utterances = new Tensors.Floats(environment, maxRows, dimension);
    enabledCapacity = Math.max(MAX_ENABLED, 64 * maxRows);
    enabledRows = new Tensors.Int8Vectors(environment, enabledCapacity, dimension);
    enabledScales = new Tensors.Floats(environment, enabledCapacity);
    enabledCounts = new Tensors.Ints(environment, maxRows, 0);
    queries = new Tensors.Floats(environment, maxRows, dimension);
    enabledIndices = new Tensors.Longs(environment, maxRows, MAX_ENABLED);
    enabledBoosts = new Tensors.Floats(environment, maxRows, MAX_ENABLED);
    inverseTemperatures = new Tensors.Floats(environment, maxRows, 0);
    k = new Tensors.Longs(environment, 1, 0);
    topIndices = new Tensors.Longs(environment, maxRows, MAX_K);
    topLogProbabilities = new Tensors.Floats(environment, maxRows, MAX_K);
    scopeScores = new Tensors.Floats(environment, maxRows, 0);
    all =
        List.of(
            wordIds,
            lengths,
            unknownSlots,
            unknownNgrams,
            hypotheses,
            utterances,
            enabledRows,
            enabledScales,
            enabledCounts,
            queries,
            enabledIndices,
            enabledBoosts,
            inverseTemperatures,
            k,
            topIndices,
            topLogProbabilities,
            scopeScores);
  }

  @Override
  public int maxRows() {
    return maxRows;
  }

  @Override
  public int maxEnabled() {
    return MAX_ENABLED;
  }

  @Override
  public void encode(List<WeightedTexts> texts) {
    requireBatch(texts.size());
    size = texts.size();
    boolean single = true;
    for (int i = 0; i < size; i++) {
      single &= texts.get(i).tokens().size() == 1;
    }
    if (single) {
      for (int i = 0; i < size; i++) {
        staged[i] = texts.get(i).tokens().get(0);
      }
      runEncode(size, utterances);
      return;
    }
    encodeHypotheses(texts);
  }

  /** Encodes more texts than requests, as many at a time as fit, and averages them. */
  private void encodeHypotheses(List<WeightedTexts> texts) {
    FloatBuffer vectors = hypotheses.buffer();
    FloatBuffer sums = utterances.buffer();
    for (int i = 0; i < size * dimension; i++) {
      sums.put(i, 0);
    }
    int[] requests = new int[maxRows];
    float[] weights = new float[maxRows];
    int rows = 0;
    for (int request = 0; request < size; request++) {
      WeightedTexts hypothesesOfRequest = texts.get(request);
      int count = hypothesesOfRequest.tokens().size();
      for (int h = 0; h < count; h++) {
        staged[rows] = hypothesesOfRequest.tokens().get(h);
        requests[rows] = request;
        weights[rows] = hypothesesOfRequest.weights().get(h);
        rows++;
        boolean last = request == size - 1 && h == count - 1;
        if (rows == maxRows || last) {
          runEncode(rows, hypotheses);
          for (int row = 0; row < rows; row++) {
            for (int d = 0; d < dimension; d++) {
              int at = requests[row] * dimension + d;
              sums.put(at, sums.get(at) + weights[row] * vectors.get(row * dimension + d));
            }
          }
          rows = 0;
        }
      }
    }
  }

  /** Encodes the first {@link #staged} texts. */
  private void runEncode(int rows, Tensors.Floats output) {
    int from = 0;
    while (from < rows) {
      int words = staged[from].length();
      int columns = roundUp8(words);
      int to = from + 1;
      while (to < rows) {
        int length = staged[to].length();
        int widened = Math.max(columns, roundUp8(length));
        if (words + length > ENCODED_WORDS || widened * (to + 1 - from) > ENCODED_PLACES) {
          break;
        }
        words += length;
        columns = widened;
        to++;
      }
      runEncode(from, to, columns, output);
      from = to;
    }
  }

  private void runEncode(int from, int to, int columns, Tensors.Floats output) {
    int rows = to - from;
    IntBuffer ids = wordIds.buffer();
    IntBuffer slots = unknownSlots.buffer();
    IntBuffer ngrams = unknownNgrams.buffer();
    int unknown = 0;
    for (int row = 0; row < rows; row++) {
      Tokens tokens = staged[from + row];
      int length = tokens.length();
      lengths.buffer().put(row, length);
      int nextUnknown = 0;
      for (int t = 0; t < columns; t++) {
        int at = row * columns + t;
        int id = t < length ? tokens.wordIds()[t] : Tokenizer.PAD;
        ids.put(at, id);
        int slot = 0;
        if (id == Tokenizer.UNKNOWN) {
          int[] buckets = tokens.unknownNgrams().get(nextUnknown++);
          int start = unknown * maxNgrams;
          ngrams.put(start, buckets);
          for (int i = buckets.length; i < maxNgrams; i++) {
            ngrams.put(start + i, 0);
          }
          slot = ++unknown;
        }
        slots.put(at, slot);
      }
    }
    if (unknown == 0) {
      for (int i = 0; i < maxNgrams; i++) {
        ngrams.put(i, 0);
      }
    }
    // Rows beyond the last unknown word are stale but valid, and no slot names them.
    int unknownRows = Math.min(powerOfTwo(Math.max(1, unknown)), maxUnknown);
    Bindings bindings = encodeBindings;
    bindings.inputs.put("word_ids", wordIds.shaped(rows, columns));
    bindings.inputs.put("lengths", lengths.shaped(rows));
    bindings.inputs.put("unknown_slots", unknownSlots.shaped(rows, columns));
    bindings.inputs.put("unknown_ngrams", unknownNgrams.shaped(unknownRows, maxNgrams));
    if (from == 0) {
      bindings.outputs.put("u", output.shaped(rows, dimension));
      run(encode, bindings, "encode");
      return;
    }
    try (OnnxTensor u = output.slice(from, rows, dimension)) {
      bindings.outputs.put("u", u);
      run(encode, bindings, "encode");
    }
  }

  @Override
  public int dimension() {
    return dimension;
  }

  @Override
  public void readVector(int request, float[] vector) {
    utterances.buffer().get(request * dimension, vector, 0, dimension);
  }

  @Override
  public void writeVector(int request, float[] vector) {
    utterances.buffer().put(request * dimension, vector, 0, dimension);
  }

  @Override
  public void moveVector(int from, int to) {
    FloatBuffer vectors = utterances.buffer();
    vectors.put(to * dimension, vectors, from * dimension, dimension);
  }

  @Override
  public void resize(int requests) {
    requireBatch(requests);
    size = requests;
  }

  @Override
  public void attend(List<EnabledSkills> users) {
    requireUsers(users);
    int from = 0;
    while (from < size) {
      int columns = columns(users.get(from));
      int to = from + 1;
      while (to < size) {
        int widened = Math.max(columns, columns(users.get(to)));
        if (widened * (to + 1 - from) > enabledCapacity) {
          break;
        }
        columns = widened;
        to++;
      }
      attend(users, from, to, columns);
      from = to;
    }
  }

  private void attend(List<EnabledSkills> users, int from, int to, int columns) {
    int rows = to - from;
    ByteBuffer rowBytes = enabledRows.buffer();
    FloatBuffer scales = enabledScales.buffer();
    for (int i = 0; i < rows; i++) {
      EnabledSkills user = users.get(from + i);
      enabledCounts.buffer().put(i, user.count());
      rowBytes.put(i * columns * dimension, user.rows());
      scales.put(i * columns, user.scales());
      for (int e = user.count(); e < columns; e++) {
        scales.put(i * columns + e, 0);
      }
    }
    Bindings bindings = attendBindings;
    bindings.inputs.put("enabled_rows", enabledRows.shaped(rows, columns));
    bindings.inputs.put("enabled_scales", enabledScales.shaped(rows, columns));
    bindings.inputs.put("enabled_counts", enabledCounts.shaped(rows));
    if (from == 0) {
      bindings.inputs.put("u", utterances.shaped(rows, dimension));
      bindings.outputs.put("q", queries.shaped(rows, dimension));
      run(attend, bindings, "attend");
      return;
    }
    try (OnnxTensor u = utterances.slice(from, rows, dimension);
        OnnxTensor q = queries.slice(from, rows, dimension)) {
      bindings.inputs.put("u", u);
      bindings.outputs.put("q", q);
      run(attend, bindings, "attend");
    }
  }

  @Override
  public void classify(List<EnabledSkills> users, int k) {
    requireUsers(users);
    if (k < 1 || k > MAX_K) {
      throw new IllegalArgumentException("k: " + k + " (expected: 1 to " + MAX_K + ")");
    }
    lastK = k;
    if (stagedClassifier != null) {
      classifyInStages(stagedClassifier, users, k);
    } else if (classify != null) {
      classifyAll(classify, users, k);
    }
  }

  private void classifyInStages(StagedClassifier classifier, List<EnabledSkills> users, int k) {
    long start = System.nanoTime();
    classifier.classify(
        size,
        queries.buffer(),
        users,
        k,
        topIndices.buffer(),
        topLogProbabilities.buffer(),
        scopeScores.buffer(),
        () -> terminated);
    classifyBindings.times.add(System.nanoTime() - start);
  }

  private void classifyAll(OrtSession graph, List<EnabledSkills> users, int k) {
    int columns = 8;
    for (int i = 0; i < size; i++) {
      columns = Math.max(columns, columns(users.get(i)));
    }
    LongBuffer indices = enabledIndices.buffer();
    FloatBuffer boosts = enabledBoosts.buffer();
    for (int i = 0; i < size; i++) {
      EnabledSkills user = users.get(i);
      int start = i * columns;
      for (int e = 0; e < user.count(); e++) {
        indices.put(start + e, user.indices()[e]);
      }
      boosts.put(start, user.boosts());
      for (int e = user.count(); e < columns; e++) {
        indices.put(start + e, 0);
        boosts.put(start + e, 0);
      }
      inverseTemperatures.buffer().put(i, calibration.of(user.count() > 0).inverseTemperature());
    }
    this.k.buffer().put(0, k);
    Bindings bindings = classifyBindings;
    bindings.inputs.put("q", queries.shaped(size, dimension));
    bindings.inputs.put("enabled_indices", enabledIndices.shaped(size, columns));
    bindings.inputs.put("enabled_boosts", enabledBoosts.shaped(size, columns));
    bindings.inputs.put("inverse_temperatures", inverseTemperatures.shaped(size));
    bindings.inputs.put("k", this.k.shaped(1));
    bindings.outputs.put("top_indices", topIndices.shaped(size, k));
    bindings.outputs.put("top_log_probabilities", topLogProbabilities.shaped(size, k));
    bindings.outputs.put("scope_scores", scopeScores.shaped(size));
    run(graph, bindings, "classify");
  }

  @Override
  public int topRow(int request, int rank) {
    return (int) topIndices.buffer().get(at(request, rank));
  }

  @Override
  public float topLogProbability(int request, int rank) {
    return topLogProbabilities.buffer().get(at(request, rank));
  }

  @Override
  public float scopeScore(int request) {
    return scopeScores.buffer().get(request);
  }

  @Override
  public void close() {
    all.forEach(Tensors::close);
    runOptions.close();
  }

  private int at(int request, int rank) {
    if (request >= size || rank >= lastK) {
      throw new IndexOutOfBoundsException(
          "request " + request + " of " + size + ", rank " + rank + " of " + lastK);
    }
    return request * lastK + rank;
  }

  private void requireBatch(int rows) {
    if (rows < 1 || rows > maxRows) {
      throw new IllegalArgumentException("batch: " + rows + " (expected: 1 to " + maxRows + ")");
    }
  }

  private void requireUsers(List<EnabledSkills> users) {
    if (users.size() != size) {
      throw new IllegalArgumentException("users: " + users.size() + " (expected: " + size + ")");
    }
  }

  private int columns(EnabledSkills user) {
    if (user.count() > MAX_ENABLED) {
      throw new IllegalArgumentException(
          "enabled skills: " + user.count() + " (expected: <= " + MAX_ENABLED + ")");
    }
    return roundUp8(Math.max(1, user.count()));
  }

  private void run(OrtSession session, Bindings bindings, String graph) {
    long start = System.nanoTime();
    // Pinned outputs are not closed with the result, which holds nothing else.
    try (OrtSession.Result ignored =
        session.run(bindings.inputs, Set.of(), bindings.outputs, runOptions)) {
      bindings.times.add(System.nanoTime() - start);
    } catch (OrtException e) {
      if (terminated) {
        throw new RunTerminatedException(graph + ": took too long", e);
      }
      throw new InferenceException(graph + ": " + Manifest.firstLine(e), e);
    }
  }

  @Override
  public void terminate() {
    terminated = true;
    setTerminate(true);
  }

  @Override
  public void resume() {
    setTerminate(false);
    terminated = false;
  }

  private void setTerminate(boolean terminate) {
    try {
      runOptions.setTerminate(terminate);
    } catch (OrtException e) {
      throw new InferenceException("terminate: " + Manifest.firstLine(e), e);
    }
  }

  /**
   * The tensors of one graph, by name. The names are always the same: what is put takes the place
   * of what was there, and nothing is allocated.
   */
  private static final class Bindings {
    final Map<String, OnnxTensor> inputs = new HashMap<>();
    final Map<String, OnnxTensor> outputs = new HashMap<>();
    final RunTimes.Sum times;

    Bindings(RunTimes.Sum times) {
      this.times = times;
    }
  }

  private static int roundUp8(int n) {
    return (n + 7) & ~7;
  }

  private static int powerOfTwo(int n) {
    return n == 1 ? 1 : Integer.highestOneBit(n - 1) << 1;
  }
}
