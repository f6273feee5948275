package dev.earshot.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.earshot.model.BiasBundle.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** A bias bundle's context encoder, run by ONNX Runtime. */
public final class OnnxContextEncoder implements ContextEncoder {
  static final String CHARACTERS = "characters";
  static final String CHARACTER_LENGTHS = "character_lengths";

  private static final Map<String, OnnxJavaType> TEXTS =
      Map.of(
          "word_ids", OnnxJavaType.INT32,
          "lengths", OnnxJavaType.INT32,
          "unknown_slots", OnnxJavaType.INT32,
          "unknown_ngrams", OnnxJavaType.INT32);

  /** A graph reads those of the inputs that it was trained on. */
  private static final GraphSignature ENCODE =
      new GraphSignature(
          Role.CONTEXT_ENCODE.key(),
          with(
              TEXTS,
              Map.of(
                  "kinds",
                  OnnxJavaType.INT32,
                  CHARACTERS,
                  OnnxJavaType.INT32,
                  CHARACTER_LENGTHS,
                  OnnxJavaType.INT32)),
          Map.of("embedding", OnnxJavaType.FLOAT));

  private static final GraphSignature MATCH =
      new GraphSignature(
          Role.CONTEXT_MATCH.key(),
          with(TEXTS, Map.of("embedding", OnnxJavaType.FLOAT)),
          Map.of("similarities", OnnxJavaType.FLOAT));

  private final BiasManifest.Context context;
  private final Tokenizer tokenizer;
  private final OnnxRuntime runtime;
  private final OrtSession encode;
  private final @Nullable OrtSession match;

  /** Buffers that no call is using: as many as there were calls at one time. */
  private final Queue<ContextWorkspace> idle = new ConcurrentLinkedQueue<>();

  private OnnxContextEncoder(
      BiasManifest.Context context,
      Tokenizer tokenizer,
      OnnxRuntime runtime,
      OrtSession encode,
      @Nullable OrtSession match) {
    this.context = context;
    this.tokenizer = tokenizer;
    this.runtime = runtime;
    this.encode = encode;
    this.match = match;
  }

  /**
   * Opens the graphs of a bundle that {@linkplain BiasBundle#has has} a context encoder, and proves
   * them with the bundle's golden vectors.
   *
   * @throws BundleException if there is none, a graph cannot be loaded, has other inputs or outputs
   *     than the format says, or answers otherwise than when the bundle was made
   */
  public static OnnxContextEncoder load(BiasBundle bundle, OnnxRuntime runtime)
      throws BundleException {
    BiasManifest.Context context = bundle.manifest().context();
    if (context == null) {
      throw new BundleException(Manifest.FILE, "context: missing");
    }
    Tokenizer tokenizer =
        new Tokenizer(
            Folding.parse(bundle.read(Role.CONTEXT_FOLDING)),
            Tokenizer.parseVocabulary(bundle.read(Role.CONTEXT_VOCABULARY), context.words()),
            context.tokenizer(),
            context.ngramBuckets());
    OrtSession encode = open(bundle, Role.CONTEXT_ENCODE, ENCODE, runtime);
    OnnxContextEncoder encoder = null;
    boolean loaded = false;
    try {
      OrtSession match =
          bundle.has(Role.CONTEXT_MATCH) ? open(bundle, Role.CONTEXT_MATCH, MATCH, runtime) : null;
      encoder = new OnnxContextEncoder(context, tokenizer, runtime, encode, match);
      encoder.tryOut(bundle.fileName(Role.CONTEXT_ENCODE));
      if (bundle.has(Role.CONTEXT_GOLDEN)) {
        ContextGoldenVectors.read(bundle).check(encoder);
      }
      loaded = true;
      return encoder;
    } finally {
      if (!loaded && encoder != null) {
        encoder.close();
      } else if (!loaded) {
        close(encode);
      }
    }
  }

  /** Runs the graphs once: their outputs' shapes show only then. */
  private void tryOut(String file) throws BundleException {
    try {
      ContextVector vector = encode(List.of(new ContextText("", "")));
      if (canMatch()) {
        match(vector, List.of(""));
      }
    } catch (InferenceException | IllegalArgumentException e) {
      throw new BundleException(file, "cannot be run: " + Manifest.firstLine(e), e);
    }
  }

  private static OrtSession open(
      BiasBundle bundle, Role role, GraphSignature signature, OnnxRuntime runtime)
      throws BundleException {
    String file = bundle.fileName(role);
    OrtSession session = null;
    boolean opened = false;
    try {
      session = runtime.open(bundle.directory().resolve(file));
      if (role == Role.CONTEXT_ENCODE) {
        signature.checkSome(session, file);
      } else {
        signature.check(session, file);
      }
      opened = true;
      return session;
    } catch (OrtException e) {
      throw new BundleException(file, "cannot be run: " + Manifest.firstLine(e), e);
    } finally {
      if (session != null && !opened) {
        close(session);
      }
    }
  }

  @Override
  public String modelId() {
    return context.modelId();
  }

  @Override
  public int dimensions() {
    return context.dimensions();
  }

  @Override
  public int maxItems() {
    return context.maxItems();
  }

  @Override
  public boolean canMatch() {
    return match != null;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public ContextVector encode(List<ContextText> texts) {
    if (texts.isEmpty() || texts.size() > maxItems()) {
      throw new IllegalArgumentException(
          "texts: " + texts.size() + " (expected: 1 to " + maxItems() + ")");
    }
    ContextWorkspace workspace = take();
    for (ContextText text : texts) {
      workspace.add(tokenizer.tokenize(text.text()), kind(text.kind()));
      if (workspace.readsCharacters()) {
        workspace.addCharacters(tokenizer.characters(text.text(), ContextWorkspace.MAX_CHARACTERS));
      }
    }
    float[] values = workspace.encode();
    idle.add(workspace);
    return ContextVector.of(modelId(), texts.size(), dimensions(), values);
  }

  @Override
  public float[] match(ContextVector vector, List<String> hypotheses) {
    if (match == null) {
      throw new UnsupportedOperationException("the bias bundle has no " + MATCH.name() + " graph");
    }
    if (!reads(vector)) {
      throw new IllegalArgumentException(
          vector + " (expected: made by " + modelId() + ", at most " + maxItems() + " items)");
    }
    float[] similarities = new float[hypotheses.size()];
    ContextWorkspace workspace = take();
    workspace.put(vector);
    int from = 0;
    for (int i = 0; i < similarities.length; i++) {
      Tokens tokens = tokenizer.tokenize(hypotheses.get(i));
      if (!workspace.fits(tokens)) {
        workspace.match(similarities, from);
        from = i;
      }
      workspace.add(tokens, 0);
    }
    if (from < similarities.length) {
      workspace.match(similarities, from);
    }
    idle.add(workspace);
    return similarities;
  }

  private int kind(String kind) {
    return Math.max(0, context.kinds().indexOf(kind));
  }

  /** Buffers for one call. Those of a call that failed are not used again. */
  private ContextWorkspace take() {
    ContextWorkspace workspace = idle.poll();
    return workspace == null ? new ContextWorkspace(context, runtime, encode, match) : workspace;
  }

  /** Frees the sessions; no call may be under way. */
  @Override
  public void close() {
    for (ContextWorkspace w = idle.poll(); w != null; w = idle.poll()) {
      w.close();
    }
    close(encode);
    if (match != null) {
      close(match);
    }
  }

  private static void close(OrtSession session) {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("session closed twice", e);
    }
  }

  private static Map<String, OnnxJavaType> with(
      Map<String, OnnxJavaType> inputs, Map<String, OnnxJavaType> more) {
    Map<String, OnnxJavaType> all = new HashMap<>(inputs);
    all.putAll(more);
    return Map.copyOf(all);
  }
}
