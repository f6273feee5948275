package dev.earshot.app;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.RecordedEvent;
import dev.earshot.v1.RecordedItem;
import java.io.PrintWriter;

/** Prints interactions for people. */
final class InteractionPrinter {
  private InteractionPrinter() {}

  static void print(PrintWriter out, Interaction interaction) {
    out.printf(
        "%s of %s%s, version %d%s%n",
        interaction.getInteractionId(),
        interaction.getUserId().isEmpty() ? "nobody" : interaction.getUserId(),
        interaction.getDialogueId().isEmpty() ? "" : ", dialogue " + interaction.getDialogueId(),
        interaction.getVersion(),
        interaction.getExpectsSpeech() ? ": speech is expected" : "");
    out.printf(
        "  begun %s, expires %s%n",
        Timestamps.toString(interaction.getCreateTime()),
        Timestamps.toString(interaction.getExpireTime()));
    interaction.getEventsList().forEach(event -> print(out, event));
  }

  private static void print(PrintWriter out, RecordedEvent event) {
    out.printf(
        "  %-14s %s%s%s  (%s)%n",
        event.getType(),
        Timestamps.toString(event.getTime()),
        event.getSkillId().isEmpty() ? "" : "  to " + event.getSkillId(),
        event.hasExpectedDuration()
            ? "  takes " + Durations.toMillis(event.getExpectedDuration()) + " ms"
            : "",
        event.getEventId());
    event.getItemsList().forEach(item -> print(out, item));
  }

  private static void print(PrintWriter out, RecordedItem item) {
    out.printf("    %-12s %s%n", item.getKind(), text(item));
  }

  private static String text(RecordedItem recorded) {
    if (recorded.getUnreadable()) {
      return "cannot be read: it fails its checksum or decryption";
    }
    if (!recorded.hasItem()) {
      return "until " + Timestamps.toString(recorded.getExpireTime());
    }
    ContextItem item = recorded.getItem();
    return item.getText() + (item.getLabel().isEmpty() ? "" : "  [" + item.getLabel() + "]");
  }
}
