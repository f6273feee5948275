package dev.earshot.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BundleTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  static List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(Bundles.DEFAULT)) {
      return new ArrayList<>(files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void refusesADamagedFileByName(String file) throws Exception {
    Path path = Bundles.copyTo(directory).resolve(file);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length / 2] ^= 1;
    Files.write(path, bytes);

    // A damaged checksum cannot be told from a damaged manifest: either is the manifest's problem.
    String named = file.equals(Manifest.CHECKSUM_FILE) ? Manifest.FILE : file;
    assertThat(refusal()).hasMessageContaining("damaged").returns(named, BundleException::file);
  }

  @ParameterizedTest
  @MethodSource("files")
  void refusesATruncatedFileByName(String file) throws Exception {
    Path path = Bundles.copyTo(directory).resolve(file);
    byte[] bytes = Files.readAllBytes(path);
    Files.write(path, java.util.Arrays.copyOf(bytes, bytes.length / 2));

    String named = file.equals(Manifest.CHECKSUM_FILE) ? Manifest.FILE : file;
    assertThat(refusal()).returns(named, BundleException::file);
  }

  @ParameterizedTest
  @MethodSource("files")
  void refusesAMissingFileByName(String file) throws Exception {
    Files.delete(Bundles.copyTo(directory).resolve(file));

    assertThat(refusal()).hasMessageContaining("missing").returns(file, BundleException::file);
  }

  @Test
  void refusesAnotherFormatVersion() throws Exception {
    Bundles.copyTo(directory);
    edit(manifest -> manifest.put("format_version", 2));

    assertThat(refusal())
        .hasMessage("manifest.json: format_version: 2 (expected: 1)")
        .returns(Manifest.FILE, BundleException::file);
  }

  @Test
  void refusesAFileOutsideTheBundle() throws Exception {
    Bundles.copyTo(directory);
    edit(manifest ->
        manifest.withObject("/files").putObject("../rows.i8").put("bytes", 1).put("sha256", "0"));

    assertThat(refusal()).hasMessageContaining("a plain file name");
  }

  @Test
  void refusesArraysOfAnotherLengthThanTheManifestSays() throws Exception {
    Bundles.copyTo(directory);
    edit(manifest -> manifest.withObject("/dimensions").put("skills", 17));

    assertThat(refusal())
        .hasMessageContaining("expected")
        .returns("rows.i8", BundleException::file);
  }

  @Test
  void refusesAManifestWithoutARequiredField() throws Exception {
    Bundles.copyTo(directory);
    edit(manifest -> manifest.remove("bundle_version"));

    assertThat(refusal()).hasMessageContaining("bundle_version");
  }

  @Test
  void refusesAnswersThatDifferFromTheGoldenOnes() throws Exception {
    Bundles.copyTo(directory);
    Path golden = directory.resolve(Bundle.GOLDEN_FILE);
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(golden)) {
      lines.add(line.replaceFirst("\"scope_score\": ?-?[0-9.]+", "\"scope_score\": 12345.0"));
    }
    byte[] changed =
        (String.join("\n", lines) + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Files.write(golden, changed);
    edit(manifest ->
        manifest
            .withObject("/files")
            .putObject(Bundle.GOLDEN_FILE)
            .put("bytes", changed.length)
            .put("sha256", Bundles.sha256(changed)));

    BundleException refusal =
        catchThrowableOfType(
            BundleException.class,
            () -> OnnxShortlistModel.load(directory, OnnxRuntime.start(ExecutionProvider.CPU), 1));
    assertThat(refusal)
        .hasMessageContaining("scope score")
        .returns(Bundle.GOLDEN_FILE, BundleException::file);
  }

  @Test
  void refusesAnEmptyDirectory() {
    assertThat(refusal()).hasMessage("manifest.json: missing");
  }

  private BundleException refusal() {
    return catchThrowableOfType(BundleException.class, () -> Bundle.open(directory));
  }

  private void edit(java.util.function.Consumer<ObjectNode> change) throws IOException {
    ObjectNode manifest = (ObjectNode) JSON.readTree(directory.resolve(Manifest.FILE).toFile());
    change.accept(manifest);
    Bundles.writeManifest(directory, JSON.writeValueAsString(manifest));
  }
}
