package dev.earshot.model;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a bias bundle contains: its {@code manifest.json}, whose fields {@code models/README.md}
 * describes.
 *
 * @param bundleVersion at most 64 letters, digits, {@code . _ -}
 * @param description what its maker says about it
 * @param languages what its lexicon and models know, as BCP 47 tags, the main one first
 * @param roles which file plays which role; names of roles that this version does not know are kept
 * @param context how the context encoder is to be fed; null where there is none
 * @param files size and checksum of every file but the manifest's own two
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BiasManifest(
    @JsonProperty(required = true) String format,
    @JsonProperty(value = "format_version", required = true) int formatVersion,
    @JsonProperty(value = "bundle_version", required = true) String bundleVersion,
    @Nullable String description,
    @JsonProperty(required = true) List<String> languages,
    @JsonProperty(required = true) Map<String, String> roles,
    @Nullable Context context,
    @JsonProperty(required = true) Map<String, Manifest.FileEntry> files) {

  static final String FORMAT = "earshot-bias-bundle";
  static final int FORMAT_VERSION = 1;

  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern LANGUAGE = Pattern.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}");
  private static final Pattern ROLE = Pattern.compile("[a-z][a-z0-9_]{0,63}");
  private static final int MAX_KINDS = 64;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  public BiasManifest {
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(bundleVersion, "bundle_version");
    languages = List.copyOf(languages);
    roles = Map.copyOf(roles);
    files = Map.copyOf(files);
  }

  /**
   * The context encoder's sizes.
   *
   * @param modelId goes with every vector; one made by another model is not read
   * @param dimensions length of an item's embedding
   * @param maxItems the most items of one context
   * @param words lines of the vocabulary
   * @param ngramBuckets buckets of the hashed n-grams, 0 included
   * @param kinds the kinds of items that are told apart; a kind's number is its place, and that of
   *     any other kind is 0
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Context(
      @JsonProperty(value = "model_id", required = true) String modelId,
      @JsonProperty(required = true) int dimensions,
      @JsonProperty(value = "max_items", required = true) int maxItems,
      @JsonProperty(required = true) int words,
      @JsonProperty(value = "ngram_buckets", required = true) int ngramBuckets,
      @JsonProperty(required = true) List<String> kinds,
      @JsonProperty(required = true) Manifest.TokenizerOptions tokenizer) {
    public Context {
      Objects.requireNonNull(modelId, "context.model_id");
      Objects.requireNonNull(tokenizer, "context.tokenizer");
      kinds = List.copyOf(kinds);
    }
  }

  static BiasManifest parse(byte[] json) throws BundleException {
    BiasManifest manifest;
    try {
      manifest = JSON.readValue(json, BiasManifest.class);
    } catch (IOException e) {
      throw new BundleException(
          Manifest.FILE, "not a bias bundle's manifest: " + Manifest.firstLine(e), e);
    }
    manifest.validate();
    return manifest;
  }

  private void validate() throws BundleException {
    Manifest.require(format.equals(FORMAT), "format", format, FORMAT);
    Manifest.require(
        formatVersion == FORMAT_VERSION, "format_version", formatVersion, "" + FORMAT_VERSION);
    Manifest.require(
        VERSION.matcher(bundleVersion).matches(),
        "bundle_version",
        bundleVersion,
        "1 to 64 letters, digits, '.', '_' or '-'");
    Manifest.require(!languages.isEmpty(), "languages", languages, "at least one");
    for (String language : languages) {
      Manifest.require(LANGUAGE.matcher(language).matches(), "languages", language, "a BCP 47 tag");
    }
    Manifest.requireFileNames(files);
    for (Map.Entry<String, String> role : roles.entrySet()) {
      Manifest.require(
          ROLE.matcher(role.getKey()).matches(),
          "roles",
          role.getKey(),
          "lower-case letters, digits and '_'");
      Manifest.require(
          files.containsKey(role.getValue()),
          "roles." + role.getKey(),
          role.getValue(),
          "a file that 'files' lists");
    }
    if (context != null) {
      validate(context);
    }
  }

  private static void validate(Context context) throws BundleException {
    Manifest.require(
        VERSION.matcher(context.modelId).matches(),
        "context.model_id",
        context.modelId,
        "1 to 64 letters, digits, '.', '_' or '-'");
    Manifest.requireRange("context.dimensions", context.dimensions, 1, 4_096);
    Manifest.requireRange("context.max_items", context.maxItems, 1, 1_024);
    Manifest.requireRange("context.words", context.words, 3, 10_000_000);
    Manifest.requireRange("context.ngram_buckets", context.ngramBuckets, 2, 10_000_000);
    Manifest.requireRange("context.kinds", context.kinds.size(), 1, MAX_KINDS);
    context.tokenizer.validate("context.tokenizer");
  }
}
