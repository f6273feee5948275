package dev.earshot.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.earshot.model.BiasBundle.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of a bundle that holds a lexicon and a rescorer's weights, whatever these contain. */
class BiasBundleTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] LEXICON = "bauer B AW1 ER0\npower P AW1 ER0\n".getBytes(UTF_8);
  private static final byte[] RESCORER = "{\"weights\": [0.5, 1.5]}".getBytes(UTF_8);

  @TempDir Path directory;

  @BeforeEach
  void write() throws IOException {
    Files.write(directory.resolve("lexicon.bin"), LEXICON);
    Files.write(directory.resolve("rescorer.json"), RESCORER);
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("format", "earshot-bias-bundle").put("format_version", 1);
    manifest.put("bundle_version", "test-1").putArray("languages").add("en-US").add("en");
    manifest
        .putObject("roles")
        .put("lexicon", "lexicon.bin")
        .put("rescorer", "rescorer.json")
        .put("from_the_future", "lexicon.bin");
    ObjectNode files = manifest.putObject("files");
    list(files, "lexicon.bin", LEXICON);
    list(files, "rescorer.json", RESCORER);
    Bundles.writeManifest(directory, JSON.writeValueAsString(manifest));
  }

  @Test
  void givesEachRoleItsFile() throws Exception {
    BiasBundle bundle = BiasBundle.open(directory);

    assertThat(bundle.version()).isEqualTo("test-1");
    assertThat(bundle.languages()).containsExactly("en-US", "en");
    assertThat(bundle.diskBytes()).isEqualTo(LEXICON.length + RESCORER.length);
    assertThat(bundle.path(Role.LEXICON)).contains(directory.resolve("lexicon.bin"));
    assertThat(bundle.read(Role.RESCORER)).isEqualTo(RESCORER);
  }

  @Test
  void mayLackARole() throws Exception {
    BiasBundle bundle = BiasBundle.open(directory);

    assertThat(bundle.has(Role.G2P)).isFalse();
    assertThat(bundle.path(Role.G2P)).isEmpty();
    assertThatThrownBy(() -> bundle.read(Role.G2P))
        .isInstanceOf(BundleException.class)
        .hasMessage("manifest.json: roles.g2p: missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lexicon.bin", "rescorer.json", "manifest.json", "manifest.sha256"})
  void refusesADamagedFileByName(String file) throws Exception {
    byte[] bytes = Files.readAllBytes(directory.resolve(file));
    bytes[bytes.length / 2] ^= 1;
    Files.write(directory.resolve(file), bytes);

    assertThat(refusal())
        .hasMessageContaining("damaged")
        .returns(named(file), BundleException::file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lexicon.bin", "rescorer.json", "manifest.json", "manifest.sha256"})
  void refusesATruncatedFileByName(String file) throws Exception {
    byte[] bytes = Files.readAllBytes(directory.resolve(file));
    Files.write(directory.resolve(file), Arrays.copyOf(bytes, bytes.length / 2));

    assertThat(refusal()).returns(named(file), BundleException::file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lexicon.bin", "rescorer.json", "manifest.json", "manifest.sha256"})
  void refusesAMissingFileByName(String file) throws Exception {
    Files.delete(directory.resolve(file));

    assertThat(refusal()).hasMessage(file + ": missing").returns(file, BundleException::file);
  }

  @Test
  void refusesAnotherFormatVersion() throws Exception {
    edit(manifest -> manifest.put("format_version", 2));

    assertThat(refusal())
        .hasMessage("manifest.json: format_version: 2 (expected: 1)")
        .returns(Manifest.FILE, BundleException::file);
  }

  @Test
  void refusesABundleOfAnotherKind() throws Exception {
    edit(manifest -> manifest.put("format", "earshot-bundle"));

    assertThat(refusal())
        .hasMessage("manifest.json: format: earshot-bundle (expected: earshot-bias-bundle)");
  }

  @Test
  void refusesARoleWhoseFileIsNotListed() throws Exception {
    edit(manifest -> manifest.withObject("/roles").put("g2p", "g2p.bin"));

    assertThat(refusal())
        .hasMessage("manifest.json: roles.g2p: g2p.bin (expected: a file that 'files' lists)");
  }

  @Test
  void refusesAFileOutsideTheBundle() throws Exception {
    edit(manifest -> list(manifest.withObject("/files"), "../lexicon.bin", LEXICON));

    assertThat(refusal()).hasMessageContaining("a plain file name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bundle_version", "languages", "roles", "files"})
  void refusesAManifestWithoutARequiredField(String field) throws Exception {
    edit(manifest -> manifest.remove(field));

    assertThat(refusal()).hasMessageContaining(field).returns(Manifest.FILE, BundleException::file);
  }

  @Test
  void refusesLanguagesThatAreNone() throws Exception {
    edit(manifest -> manifest.putArray("languages").add("English, mostly"));

    assertThat(refusal())
        .hasMessage("manifest.json: languages: English, mostly (expected: a BCP 47 tag)");
  }

  @Test
  void refusesADirectoryThatIsNotThere() {
    BundleException refusal =
        catchThrowableOfType(
            BundleException.class, () -> BiasBundle.open(directory.resolve("nowhere")));

    assertThat(refusal).hasMessageContaining("no such directory");
  }

  private BundleException refusal() {
    return catchThrowableOfType(BundleException.class, () -> BiasBundle.open(directory));
  }

  /**
   * A damaged checksum cannot be told from a damaged manifest: either is the manifest's problem.
   */
  private static String named(String file) {
    return file.equals(Manifest.CHECKSUM_FILE) ? Manifest.FILE : file;
  }

  private void edit(Consumer<ObjectNode> change) throws IOException {
    ObjectNode manifest = (ObjectNode) JSON.readTree(directory.resolve(Manifest.FILE).toFile());
    change.accept(manifest);
    Bundles.writeManifest(directory, JSON.writeValueAsString(manifest));
  }

  private static void list(ObjectNode files, String file, byte[] content) {
    files.putObject(file).put("bytes", content.length).put("sha256", Bundles.sha256(content));
  }
}
