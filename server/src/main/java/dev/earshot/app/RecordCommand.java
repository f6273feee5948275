package dev.earshot.app;

import com.google.protobuf.util.Durations;
import dev.earshot.client.EarshotClient;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.Event;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code earshot record}: records what happened in a conversation. */
@Command(
    name = "record",
    description = {
      "Records what happened in a conversation, and shows the interaction as just written.",
      "",
      "Each of --heard, --skill, --said, --shown and --expect-speech records one event, in this order."
          + " --file takes whole requests in the API's JSON, with any types of events.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      ApiCommand.EXIT_OK,
      "1:the interaction has expired, is full or another user's, or the server failed",
      ApiCommand.EXIT_USAGE,
      "65:the JSON cannot be read",
      ApiCommand.EXIT_UNREACHABLE
    },
    footer = {
      "",
      "Example:",
      "  earshot record turn-1 --user ada --heard \"call meg\" \\",
      "    --said \"Meg Jones or Meg Bauer?\" --takes 1.5s --expect-speech \\",
      "    --item CONTACT=\"Meg Jones\" --item CONTACT=\"Meg Bauer\""
    })
final class RecordCommand extends ApiCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "INTERACTION",
      description = "The interaction's id; made with its first event.")
  private @Nullable String interaction;

  @Option(
      names = "--user",
      paramLabel = "ID",
      description = "Whose interaction it is, the same in every write. Default: nobody's.")
  private @Nullable String user;

  @Option(
      names = "--dialogue",
      paramLabel = "ID",
      description = "The chain that it belongs to, fixed by its first write.")
  private @Nullable String dialogue;

  @Option(names = "--heard", paramLabel = "TEXT", description = "What the user said (RECOGNIZE).")
  private @Nullable String heard;

  @Option(
      names = "--skill",
      paramLabel = "ID",
      description = "The skill that the request went to (ROUTE).")
  private @Nullable String skill;

  @Option(names = "--said", paramLabel = "TEXT", description = "What is answered (SPEAK).")
  private @Nullable String said;

  @Option(
      names = "--shown",
      paramLabel = "TEXT",
      description = "What a screen shows (DISPLAY), as LIST_ENTRY. Repeatable.")
  private List<String> shown = List.of();

  @Option(
      names = "--item",
      paramLabel = "KIND=TEXT",
      description = "What the answer names, or the screen: CONTACT=\"Meg Bauer\". Repeatable.")
  private List<String> items = List.of();

  @Option(
      names = "--takes",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long the answer will be spoken, such as 1.5s. Default: 1s.")
  private @Nullable Duration takes;

  @Option(
      names = "--expect-speech",
      description = "The microphone re-opens after the answer (EXPECT_SPEECH).")
  private boolean expectSpeech;

  @Option(
      names = "--event-id",
      paramLabel = "ID",
      description =
          "What the events' ids begin with. The same again repeats the write, which changes nothing."
              + " Default: random.")
  private @Nullable String eventId;

  @Option(
      names = "--file",
      paramLabel = "PATH",
      description =
          "RecordEventsRequest in JSON; -: standard input. What is given beside it stands in for"
              + " what it says.")
  private @Nullable String file;

  @Override
  int run(EarshotClient client) {
    RecordEventsRequest.Builder request = file == null ? fromFlags() : fromFile(file);
    if (interaction != null) {
      request.setInteractionId(interaction);
    }
    if (user != null) {
      request.setUserId(user);
    }
    if (dialogue != null) {
      request.setDialogueId(dialogue);
    }
    if (request.getInteractionId().isEmpty()) {
      throw new ParameterException(spec().commandLine(), "INTERACTION is missing");
    }
    Interaction written =
        unhurried(InteractionsGrpc.newBlockingStub(client.channel())).recordEvents(request.build());
    if (server().json()) {
      printJson(written);
    } else {
      InteractionPrinter.print(out(), written);
    }
    return ExitCode.OK;
  }

  private boolean hasEventFlags() {
    return heard != null
        || skill != null
        || said != null
        || !shown.isEmpty()
        || !items.isEmpty()
        || takes != null
        || expectSpeech;
  }

  private RecordEventsRequest.Builder fromFlags() {
    RecordEventsRequest.Builder request = RecordEventsRequest.newBuilder();
    if (heard != null) {
      event(request, "RECOGNIZE").addItems(item("UTTERANCE", heard));
    }
    if (skill != null) {
      event(request, "ROUTE").setSkillId(skill);
    }
    Event.Builder naming = null;
    if (said != null) {
      naming = event(request, "SPEAK").addItems(item("REPLY", said));
      if (takes != null) {
        naming.setExpectedDuration(Durations.fromNanos(takes.toNanos()));
      }
    } else if (takes != null) {
      throw new ParameterException(spec().commandLine(), "--takes: nothing is said (--said)");
    }
    if (!shown.isEmpty()) {
      Event.Builder display = event(request, "DISPLAY");
      shown.forEach(text -> display.addItems(item("LIST_ENTRY", text)));
      naming = naming == null ? display : naming;
    }
    for (String given : items) {
      int equals = given.indexOf('=');
      if (equals < 1) {
        throw new ParameterException(
            spec().commandLine(), "--item: '" + given + "' (expected: KIND=TEXT)");
      }
      if (naming == null) {
        throw new ParameterException(
            spec().commandLine(), "--item: nothing is said or shown (expected: --said or --shown)");
      }
      naming.addItems(item(given.substring(0, equals), given.substring(equals + 1)));
    }
    if (expectSpeech) {
      event(request, "EXPECT_SPEECH");
    }
    if (request.getEventsCount() == 0) {
      throw new ParameterException(
          spec().commandLine(),
          "nothing happened (expected: --heard, --skill, --said, --shown, --expect-speech or"
              + " --file)");
    }
    String prefix = eventId == null ? UUID.randomUUID().toString() : eventId;
    for (Event.Builder event : request.getEventsBuilderList()) {
      event.setEventId(prefix + "." + event.getType());
    }
    return request;
  }

  private static Event.Builder event(RecordEventsRequest.Builder request, String type) {
    return request.addEventsBuilder().setType(type);
  }

  private static ContextItem item(String kind, String text) {
    return ContextItem.newBuilder().setKind(kind).setText(text).build();
  }

  private RecordEventsRequest.Builder fromFile(String path) {
    if (hasEventFlags() || eventId != null) {
      throw new ParameterException(
          spec().commandLine(), "expected: either --file, or what was heard, said and shown");
    }
    RecordEventsRequest.Builder request = RecordEventsRequest.newBuilder();
    JsonMessages.merge(path, "RecordEventsRequest", request);
    return request;
  }
}
