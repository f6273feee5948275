package dev.earshot.client.export;

import dev.earshot.client.BiasPhrase;
import dev.earshot.client.export.Export.Cause;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/**
 * Hotwords files of sherpa-onnx, for transducers with {@code modified_beam_search}: one phrase a
 * line, with its score after a colon. After "Hotwords (Contextual biasing)" in sherpa's
 * documentation, and {@code EncodeHotwords} and {@code ContextGraph} in sherpa-onnx's sources.
 *
 * <p><b>Boosts.</b> sherpa-onnx adds a line's score for <i>each token</i>, so what is written is
 * boost / tokens, at least {@value #LEAST_SCORE}, to four decimals. A score of 0 would stand for
 * the recogniser's {@code --hotwords-score}: phrases without a boost are left out. Where phrases
 * begin alike, sherpa-onnx gives the tokens that they share the highest score of them, and it pays
 * a phrase inside another as well.
 */
public final class SherpaHotwords {
  private static final double LEAST_SCORE = 0.0001;
  private static final int DECIMALS = 4;

  /** None is documented. */
  private static final int NO_LIMIT = Integer.MAX_VALUE;

  private SherpaHotwords() {}

  /**
   * A file of texts, which sherpa-onnx cuts into tokens by its {@code --modeling-unit} and {@code
   * --bpe-vocab}.
   *
   * @param unstatedBoost the boost of phrases that have none, in natural-log units
   * @param spelling how the model's training texts are spelled: {@code String::toUpperCase} for
   *     many English ones
   * @param tokenCount how many tokens the recogniser makes of a text so spelled
   */
  public static Export<String> ofTexts(
      List<BiasPhrase> phrases,
      double unstatedBoost,
      UnaryOperator<String> spelling,
      ToIntFunction<String> tokenCount) {
    Selection selection = new Selection(NO_LIMIT, NO_LIMIT, NO_LIMIT);
    StringBuilder file = new StringBuilder();
    for (BiasPhrase phrase : phrases) {
      String text = String.join(" ", spelling.apply(phrase.text()).strip().split("\\s+"));
      // A word that begins with a colon is read as the score.
      if (text.isEmpty() || text.startsWith(":") || text.contains(" :")) {
        selection.remark(phrase, Cause.FORBIDDEN_CHARACTERS);
      } else {
        append(file, selection, phrase, text, tokenCount.applyAsInt(text), unstatedBoost);
      }
    }
    return selection.export(file.toString());
  }

  /**
   * A file of tokens, for versions of sherpa-onnx without {@code --modeling-unit}: those that
   * {@code sherpa-onnx-cli text2token} makes. With a token that the model does not have a
   * recogniser refuses the whole file, so such phrases are left out.
   *
   * @param unstatedBoost the boost of phrases that have none, in natural-log units
   * @param tokenizer the tokens of a text, as they stand in the model's {@code tokens.txt}
   * @param vocabulary whether the model has a token
   */
  public static Export<String> ofTokens(
      List<BiasPhrase> phrases,
      double unstatedBoost,
      Function<String, List<String>> tokenizer,
      Predicate<String> vocabulary) {
    Selection selection = new Selection(NO_LIMIT, NO_LIMIT, NO_LIMIT);
    StringBuilder file = new StringBuilder();
    for (BiasPhrase phrase : phrases) {
      List<String> tokens = tokenizer.apply(phrase.text());
      if (tokens.isEmpty() || !tokens.stream().allMatch(vocabulary)) {
        selection.remark(phrase, Cause.UNKNOWN_TOKENS);
      } else {
        append(file, selection, phrase, String.join(" ", tokens), tokens.size(), unstatedBoost);
      }
    }
    return selection.export(file.toString());
  }

  private static void append(
      StringBuilder file,
      Selection selection,
      BiasPhrase phrase,
      String spelled,
      int tokens,
      double unstatedBoost) {
    double boost = phrase.boost().orElse(unstatedBoost);
    if (tokens < 1) {
      selection.remark(phrase, Cause.UNKNOWN_TOKENS);
    } else if (boost <= 0) {
      selection.remark(phrase, Cause.NO_BOOST);
    } else if (selection.takes(phrase, spelled, 0)) {
      BigDecimal score =
          BigDecimal.valueOf(Math.max(LEAST_SCORE, boost / tokens))
              .setScale(DECIMALS, RoundingMode.HALF_EVEN)
              .stripTrailingZeros();
      file.append(spelled).append(" :").append(score.toPlainString()).append('\n');
      if (!phrase.written().equals(phrase.text())) {
        selection.remark(phrase, Cause.DISPLAY_DROPPED);
      }
    }
  }
}
