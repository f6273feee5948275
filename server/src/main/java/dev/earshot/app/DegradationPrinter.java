package dev.earshot.app;

import dev.earshot.v1.Degradation;
import dev.earshot.v1.Degradation.Missing;
import dev.earshot.v1.Degradation.Reason;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/** Says for people what an answer was made without. */
final class DegradationPrinter {
  private static final Map<Reason, String> REASONS =
      Map.of(
          Reason.REASON_NOT_FOUND, "nothing is stored under that id",
          Reason.REASON_EXPIRED, "its time is over",
          Reason.REASON_NOT_READY, "it was not there in time",
          Reason.REASON_STORE_ERROR, "the store failed",
          Reason.REASON_BUDGET, "the deadline was too short to begin",
          Reason.REASON_OVERLOAD, "the server's queue was too long",
          Reason.REASON_UNSUPPORTED_LANGUAGE, "the language is not supported");

  private DegradationPrinter() {}

  static void print(PrintWriter out, String indent, Degradation degradation) {
    for (Missing missing : degradation.getMissingList()) {
      if (missing.getReason() != Reason.REASON_NOT_REQUESTED) {
        out.printf(
            "%smade without the %s: %s (%s)%n",
            indent,
            word(missing.getContext(), "CONTEXT_"),
            REASONS.getOrDefault(missing.getReason(), "no reason that this program knows"),
            missing.getReason().name().replace("REASON_", ""));
      }
    }
    for (Degradation.Stage stage : degradation.getSkippedStagesList()) {
      out.printf("%sleft out for want of time: %s%n", indent, word(stage, "STAGE_"));
    }
  }

  private static String word(Enum<?> value, String prefix) {
    return value.name().replace(prefix, "").toLowerCase(Locale.ROOT);
  }
}
