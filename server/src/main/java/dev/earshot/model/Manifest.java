package dev.earshot.model;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a bundle contains: {@code manifest.json}, whose fields {@code models/README.md} describes.
 *
 * @param bundleVersion at most 64 letters, digits, {@code . _ -}
 * @param description what its maker says about it
 * @param graphs for each graph, its variants by precision, as file names
 * @param files size and checksum of every file but the manifest's own two
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Manifest(
    @JsonProperty(required = true) String format,
    @JsonProperty(value = "format_version", required = true) int formatVersion,
    @JsonProperty(value = "bundle_version", required = true) String bundleVersion,
    @Nullable String description,
    @JsonProperty(required = true) Dimensions dimensions,
    @JsonProperty(required = true) TokenizerOptions tokenizer,
    @JsonProperty(required = true) Map<String, Map<String, String>> graphs,
    @JsonProperty(required = true) Map<String, FileEntry> files) {

  public Manifest {
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(bundleVersion, "bundle_version");
    Objects.requireNonNull(dimensions, "dimensions");
    Objects.requireNonNull(tokenizer, "tokenizer");
    graphs = Map.copyOf(graphs);
    files = Map.copyOf(files);
  }

  public static final String FILE = "manifest.json";
  public static final String CHECKSUM_FILE = "manifest.sha256";
  static final String FORMAT = "earshot-bundle";
  static final int FORMAT_VERSION = 1;

  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * The sizes that the arrays and graphs share.
   *
   * @param skills rows of {@code rows.i8} (S)
   * @param query length of a row and of the query vector (D)
   * @param words rows of {@code words.i8} (V)
   * @param word length of a word vector (W)
   * @param ngramBuckets rows of {@code ngrams.i8} (B)
   * @param ngram length of an n-gram vector (C)
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Dimensions(
      @JsonProperty(required = true) int skills,
      @JsonProperty(required = true) int query,
      @JsonProperty(required = true) int words,
      @JsonProperty(required = true) int word,
      @JsonProperty(value = "ngram_buckets", required = true) int ngramBuckets,
      @JsonProperty(required = true) int ngram) {}

  /** The tokeniser's limits; see {@code models/README.md}, Tokenisation. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record TokenizerOptions(
      @JsonProperty(value = "max_words", required = true) int maxWords,
      @JsonProperty(value = "max_word_characters", required = true) int maxWordCharacters,
      @JsonProperty(value = "ngram_min", required = true) int ngramMin,
      @JsonProperty(value = "ngram_max", required = true) int ngramMax,
      @JsonProperty(value = "max_ngrams", required = true) int maxNgrams) {

    void validate(String field) throws BundleException {
      requireRange(field + ".max_words", maxWords, 8, 512);
      require(maxWords % 8 == 0, field + ".max_words", maxWords, "multiple of 8");
      requireRange(field + ".max_word_characters", maxWordCharacters, 1, 256);
      requireRange(field + ".ngram_min", ngramMin, 1, 16);
      requireRange(field + ".ngram_max", ngramMax, ngramMin, 16);
      requireRange(field + ".max_ngrams", maxNgrams, 1, 1_024);
    }
  }

  /** A file's length in bytes and SHA-256 as lower-case hex. */
  public record FileEntry(
      @JsonProperty(required = true) long bytes, @JsonProperty(required = true) String sha256) {}

  static Manifest parse(byte[] json) throws BundleException {
    Manifest manifest;
    try {
      manifest = JSON.readValue(json, Manifest.class);
    } catch (IOException e) {
      throw new BundleException(FILE, "not a manifest: " + firstLine(e), e);
    }
    manifest.validate();
    return manifest;
  }

  private void validate() throws BundleException {
    require(format.equals(FORMAT), "format", format, FORMAT);
    require(formatVersion == FORMAT_VERSION, "format_version", formatVersion, "" + FORMAT_VERSION);
    require(
        VERSION.matcher(bundleVersion).matches(),
        "bundle_version",
        bundleVersion,
        "1 to 64 letters, digits, '.', '_' or '-'");
    requireRange("dimensions.skills", dimensions.skills, 1, 4_000_000);
    requireRange("dimensions.query", dimensions.query, 8, 4_096);
    requireRange("dimensions.words", dimensions.words, 3, 10_000_000);
    requireRange("dimensions.word", dimensions.word, 1, 4_096);
    requireRange("dimensions.ngram_buckets", dimensions.ngramBuckets, 2, 10_000_000);
    requireRange("dimensions.ngram", dimensions.ngram, 1, 4_096);
    tokenizer.validate("tokenizer");
    requireFileNames(files);
    for (Map<String, String> variants : graphs.values()) {
      for (String name : variants.values()) {
        require(files.containsKey(name), "graphs", name, "a file that 'files' lists");
      }
    }
  }

  static void requireFileNames(Map<String, FileEntry> files) throws BundleException {
    for (String name : files.keySet()) {
      require(FILE_NAME.matcher(name).matches(), "files", name, "a plain file name");
    }
  }

  static void requireRange(String field, int value, int min, int max) throws BundleException {
    require(value >= min && value <= max, field, value, min + " to " + max);
  }

  static void require(boolean ok, String field, Object value, String expected)
      throws BundleException {
    if (!ok) {
      throw new BundleException(FILE, field + ": " + value + " (expected: " + expected + ")");
    }
  }

  static String firstLine(Exception e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse("");
  }
}
