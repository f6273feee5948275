package dev.earshot.app;

import dev.earshot.v1.Hypothesis;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** A hypothesis as it is given on the command line: a text, and after an equals sign its score. */
final class HeardText {
  /** A text, and after its last equals sign a number. */
  private static final Pattern SCORED =
      Pattern.compile("(?<text>.*)=(?<score>[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|NaN)", Pattern.DOTALL);

  private HeardText() {}

  /**
   * Reads a flag's value.
   *
   * @throws ParameterException if what follows the equals sign is no number
   */
  static Hypothesis parse(CommandLine command, String flag, String value) {
    Matcher scored = SCORED.matcher(value);
    if (!scored.matches()) {
      return Hypothesis.newBuilder().setText(value).build();
    }
    try {
      return Hypothesis.newBuilder()
          .setText(scored.group("text"))
          .setScore(Double.parseDouble(scored.group("score")))
          .build();
    } catch (NumberFormatException e) {
      throw new ParameterException(
          command, flag + ": score '" + scored.group("score") + "' (expected: a number)", e);
    }
  }
}
