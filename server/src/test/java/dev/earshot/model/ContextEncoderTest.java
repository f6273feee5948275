package dev.earshot.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.earshot.model.BiasBundle.Role;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The context encoder of the bias bundle that is shipped. */
class ContextEncoderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<ContextText> ASKED =
      List.of(
          new ContextText(ContextText.UTTERANCE, "call meg"),
          new ContextText(ContextText.REPLY, "Do you mean Meg Jones or Meg Bauer?"),
          new ContextText("CONTACT", "Meg Jones"),
          new ContextText("CONTACT", "Meg Bauer"));

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static OnnxRuntime runtime;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static BiasBundle bundle;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static OnnxContextEncoder encoder;

  @TempDir Path directory;

  @BeforeAll
  static void load() throws Exception {
    runtime = OnnxRuntime.start(ExecutionProvider.CPU);
    bundle = BiasBundle.open(BiasBundles.DEFAULT);
    encoder = OnnxContextEncoder.load(bundle, runtime);
  }

  @AfterAll
  static void close() {
    encoder.close();
  }

  @Test
  void computesWhatItsMakerComputed() throws Exception {
    ContextGoldenVectors golden = ContextGoldenVectors.read(bundle);

    assertThat(golden.vectors()).hasSizeGreaterThan(20);
    golden.check(encoder);
  }

  @Test
  void givesEveryTextAVectorOfItsOwn() {
    ContextVector vector = encoder.encode(ASKED);

    assertThat(vector.shape()).containsExactly(4, encoder.dimensions());
    assertThat(vector.modelId()).isEqualTo(encoder.modelId());
    assertThat(encoder.reads(vector)).isTrue();
  }

  @Test
  void prefersWhatWasAskedToWhatSoundsLikeIt() {
    ContextVector asked = encoder.encode(ASKED);

    float[] similarities =
        encoder.match(asked, List.of("power", "bauer", "meg power", "meg bauer"));

    assertThat(similarities[1]).isGreaterThan(similarities[0] + 1);
    assertThat(similarities[3]).isGreaterThan(similarities[2] + 1);
  }

  @Test
  void readsStoredValuesAsTheOnesThatItMade() {
    ContextVector vector = encoder.encode(ASKED);
    ContextVector stored =
        ContextVector.of(vector.modelId(), vector.items(), vector.dimensions(), vector.values());

    assertThat(encoder.match(stored, List.of("bauer")))
        .isEqualTo(encoder.match(vector, List.of("bauer")));
  }

  @Test
  void comparesEachHypothesisByItself() {
    ContextVector asked = encoder.encode(ASKED);
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      many.add("call meg bauer for the " + i + "th time " + "zq".repeat(i % 7));
    }
    many.set(700, "bauer");
    many.set(701, "word ".repeat(500));

    float[] together = encoder.match(asked, many);

    assertThat(together).hasSize(1_000);
    for (int i = 0; i < many.size(); i += 50) {
      assertThat(encoder.match(asked, List.of(many.get(i)))[0])
          .isCloseTo(together[i], within(1e-3f));
    }
    assertThat(encoder.match(asked, List.of())).isEmpty();
  }

  @Test
  void takesContextsOfAnySizeUpToItsLimit() {
    for (int items = 1; items <= encoder.maxItems(); items++) {
      List<ContextText> texts =
          Collections.nCopies(items, new ContextText(ContextText.PROFILE, "zzxqvbr kowalski"));
      assertThat(encoder.encode(texts).items()).isEqualTo(items);
    }
    List<ContextText> endless =
        Collections.nCopies(encoder.maxItems(), new ContextText("X", "zzxqvbr ".repeat(2_000)));
    assertThat(encoder.match(encoder.encode(endless), List.of("zzxqvbr", ""))).hasSize(2);
  }

  @Test
  void refusesNoTextsAndTooMany() {
    assertThatThrownBy(() -> encoder.encode(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("texts: 0 (expected: 1 to 64)");
    List<ContextText> many = Collections.nCopies(65, new ContextText("CONTACT", "Meg"));
    assertThatThrownBy(() -> encoder.encode(many)).hasMessage("texts: 65 (expected: 1 to 64)");
  }

  @Test
  void refusesTheVectorOfAnotherModel() {
    ContextVector other = ContextVector.of("another", 1, 96, new float[96]);

    assertThat(encoder.reads(other)).isFalse();
    assertThatThrownBy(() -> encoder.match(other, List.of("bauer")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: made by " + encoder.modelId());
  }

  @Test
  void answersSeveralThreadsAsItAnswersOne() throws Exception {
    List<ContextText> other = List.of(new ContextText(ContextText.REPLY, "For how long?"));
    float[] ofAsked = encoder.match(encoder.encode(ASKED), List.of("bauer", "power"));
    float[] ofOther = encoder.match(encoder.encode(other), List.of("bauer", "power"));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        List<ContextText> texts = i % 2 == 0 ? ASKED : other;
        results.add(
            threads.submit(() -> encoder.match(encoder.encode(texts), List.of("bauer", "power"))));
      }
      for (int i = 0; i < results.size(); i++) {
        assertThat(results.get(i).get()).isEqualTo(i % 2 == 0 ? ofAsked : ofOther);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void countsItsRuns() {
    long encoded = runtime.runTimes().count("context_encode");
    long matched = runtime.runTimes().count("context_match");

    encoder.match(encoder.encode(ASKED), List.of("bauer"));

    assertThat(runtime.runTimes().count("context_encode")).isEqualTo(encoded + 1);
    assertThat(runtime.runTimes().count("context_match")).isEqualTo(matched + 1);
  }

  @Test
  void refusesAnswersThatDifferFromTheGoldenOnes() throws Exception {
    BiasBundles.copyTo(directory);
    String file = bundle.fileName(Role.CONTEXT_GOLDEN);
    String golden = Files.readString(directory.resolve(file));
    replace(
        file,
        golden.replaceFirst("\"similarities\": \\[", "\"similarities\": [99.0, ").getBytes(UTF_8));

    assertThat(refusal())
        .hasMessageContaining("line 1: hypothesis 0")
        .returns(file, BundleException::file);
  }

  @Test
  void refusesWordsThatItTokenisesOtherwise() throws Exception {
    BiasBundles.copyTo(directory);
    String file = bundle.fileName(Role.CONTEXT_VOCABULARY);
    String vocabulary = Files.readString(directory.resolve(file));
    replace(file, vocabulary.replaceFirst("\ncall\n", "\nllac\n").getBytes(UTF_8));

    assertThat(refusal())
        .hasMessageContaining("line 1: item 0: tokenised otherwise")
        .returns(bundle.fileName(Role.CONTEXT_GOLDEN), BundleException::file);
  }

  @Test
  void refusesAGraphOfAnotherSignature() throws Exception {
    BiasBundles.copyTo(directory);
    String file = bundle.fileName(Role.CONTEXT_ENCODE);
    replace(file, bundle.read(Role.CONTEXT_MATCH));

    assertThat(refusal()).hasMessageContaining("inputs").returns(file, BundleException::file);
  }

  @Test
  void refusesAGraphThatIsNone() throws Exception {
    BiasBundles.copyTo(directory);
    String file = bundle.fileName(Role.CONTEXT_MATCH);
    replace(file, "not a graph".getBytes(UTF_8));

    assertThat(refusal())
        .hasMessageContaining("cannot be run")
        .returns(file, BundleException::file);
  }

  @Test
  void refusesDimensionsThatAreNotTheGraphs() throws Exception {
    BiasBundles.copyTo(directory);
    edit(manifest -> manifest.withObject("/context").put("dimensions", 95));

    assertThat(refusal())
        .hasMessageContaining("cannot be run")
        .returns(bundle.fileName(Role.CONTEXT_ENCODE), BundleException::file);
  }

  @Test
  void encodesWithoutMatchingWhereThereIsNoGraphForIt() throws Exception {
    BiasBundles.copyTo(directory);
    edit(manifest -> manifest.withObject("/roles").remove("context_match"));

    try (OnnxContextEncoder alone = OnnxContextEncoder.load(BiasBundle.open(directory), runtime)) {
      ContextVector vector = alone.encode(ASKED);
      assertThat(vector).isEqualTo(encoder.encode(ASKED));
      assertThat(alone.canMatch()).isFalse();
      assertThat(alone.reads(vector)).isFalse();
      assertThatThrownBy(() -> alone.match(vector, List.of("bauer")))
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void letsAnotherMakersEncoderReadLetters() throws Exception {
    BiasBundles.copyTo(directory);
    try (InputStream letters = getClass().getResourceAsStream("letters.encode.onnx")) {
      replace(bundle.fileName(Role.CONTEXT_ENCODE), letters.readAllBytes());
    }
    edit(manifest -> {
      manifest.withObject("/context").put("dimensions", 2).put("model_id", "letters-1");
      manifest.withObject("/roles").remove(List.of("context_match", "context_golden"));
    });

    try (OnnxContextEncoder other = OnnxContextEncoder.load(BiasBundle.open(directory), runtime)) {
      ContextVector vector =
          other.encode(
              List.of(
                  new ContextText(ContextText.REPLY, "  B,\u00c9! "),
                  new ContextText("PLACE", "?"),
                  new ContextText(ContextText.PROFILE, "a".repeat(1_000))));

      assertThat(vector.modelId()).isEqualTo("letters-1");
      assertThat(vector.values()).containsExactly('b' + ' ' + 'e', 2, ' ', 0, 256 * 'a', 3);
    }
  }

  @Test
  void refusesABundleWithoutAContextEncoder() throws Exception {
    BiasBundles.copyTo(directory);
    edit(manifest -> manifest.remove("context"));

    assertThat(refusal()).hasMessage("manifest.json: context: missing");
  }

  private BundleException refusal() {
    return catchThrowableOfType(
        BundleException.class, () -> OnnxContextEncoder.load(BiasBundle.open(directory), runtime));
  }

  private void replace(String file, byte[] content) throws IOException {
    Files.write(directory.resolve(file), content);
    edit(manifest ->
        manifest
            .withObject("/files")
            .putObject(file)
            .put("bytes", content.length)
            .put("sha256", Bundles.sha256(content)));
  }

  private void edit(Consumer<ObjectNode> change) throws IOException {
    ObjectNode manifest = (ObjectNode) JSON.readTree(directory.resolve(Manifest.FILE).toFile());
    change.accept(manifest);
    Bundles.writeManifest(directory, JSON.writeValueAsString(manifest));
  }
}
