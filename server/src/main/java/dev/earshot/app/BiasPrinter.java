package dev.earshot.app;

import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.Repair;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.RescoredHypothesis;
import dev.earshot.v1.Timings;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Prints biases and rescored hypotheses for people. */
final class BiasPrinter {
  private static final int BAR = 12;
  private static final double FULL_BAR = 8;
  private static final int WIDEST = 32;

  private final PrintWriter out;
  private final TextBar bar;
  private final String indent;

  /**
   * @param indent before every line
   */
  BiasPrinter(PrintWriter out, TextBar bar, String indent) {
    this.out = out;
    this.bar = bar;
    this.indent = indent;
  }

  /**
   * Prints a bias.
   *
   * @param most phrases that are shown
   * @param seen from call to answer as this program saw it
   */
  void print(Bias bias, int most, Duration seen) {
    List<BiasPhrase> shown =
        bias.getPhrasesList().subList(0, Math.min(most, bias.getPhrasesCount()));
    int width = width(shown.stream().mapToInt(phrase -> written(phrase).length()).max().orElse(0));
    for (BiasPhrase phrase : shown) {
      out.printf(
          Locale.ROOT,
          "%s%-" + width + "s  %s %4.1f  %-8s %-10s %s%n",
          indent,
          written(phrase),
          bar.draw(phrase.getBoost() / FULL_BAR, BAR),
          phrase.getBoost(),
          word(phrase.getSource(), "SOURCE_"),
          phrase.getKind(),
          String.join(" | ", phrase.getPronunciationsList()));
    }
    int more = bias.getPhrasesCount() - shown.size() + bias.getDroppedPhrases();
    if (more > 0) {
      out.printf("%s… and %d more%n", indent, more);
    }
    if (bias.getPhrasesCount() == 0) {
      out.printf("%sno phrases%n", indent);
    }
    if (bias.hasEmbedding()) {
      out.printf(
          "%scontext vector %s of %s%n",
          indent, bias.getEmbedding().getShapeList(), bias.getEmbedding().getModelId());
    }
    DegradationPrinter.print(out, indent, bias.getDegradation());
    print(bias.getTimings(), seen);
  }

  private static String written(BiasPhrase phrase) {
    return phrase.getDisplay().isEmpty() ? phrase.getText() : phrase.getDisplay();
  }

  /** Prints what became of hypotheses. */
  void print(RescoreResponse response, Duration seen) {
    int width =
        width(
            response.getHypothesesList().stream()
                .mapToInt(hypothesis -> hypothesis.getText().length())
                .max()
                .orElse(0));
    for (RescoredHypothesis hypothesis : response.getHypothesesList()) {
      out.printf(
          Locale.ROOT,
          "%s%-" + width + "s  %8s  was %d%s%n",
          indent,
          hypothesis.getText(),
          hypothesis.hasScore() ? String.format(Locale.ROOT, "%.2f", hypothesis.getScore()) : "",
          hypothesis.getSourceIndex() + 1,
          repairs(hypothesis));
    }
    out.printf(
        "%s%s%n",
        indent,
        response.getChanged() ? "another text is first now" : "the recogniser's first text stands");
    DegradationPrinter.print(out, indent, response.getDegradation());
    print(response.getTimings(), seen);
  }

  private static String repairs(RescoredHypothesis hypothesis) {
    StringBuilder repairs = new StringBuilder();
    for (Repair repair : hypothesis.getRepairsList()) {
      repairs.append(
          String.format(
              Locale.ROOT,
              "; \"%s\" → \"%s\" (%.0f%%)",
              repair.getOriginal(),
              repair.getPhrase(),
              100 * repair.getProbability()));
    }
    return repairs.toString();
  }

  private void print(Timings timings, Duration seen) {
    out.printf(
        Locale.ROOT,
        "%s%.2f ms in the server (queue %.2f, dialogue %.2f, phrases %.2f, encode %.2f, rescore"
            + " %.2f), %.1f ms seen from here%n",
        indent,
        timings.getTotalUs() / 1e3,
        timings.getQueueUs() / 1e3,
        timings.getDialogueUs() / 1e3,
        timings.getPhrasesUs() / 1e3,
        timings.getEncodeUs() / 1e3,
        timings.getRescoreUs() / 1e3,
        seen.toNanos() / 1e6);
  }

  private static int width(int longest) {
    return Math.max(1, Math.min(WIDEST, longest));
  }

  private static String word(Enum<?> value, String prefix) {
    return value.name().replace(prefix, "").toLowerCase(Locale.ROOT);
  }
}
