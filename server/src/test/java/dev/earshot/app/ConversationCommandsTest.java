package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.Bundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands about conversations and about many profiles, against a real server. */
@Timeout(120)
class ConversationCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static EarshotServer server;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    server = EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void recordsATurnShowsAndRemovesIt() throws IOException {
    Run record =
        ask(
            new RecordCommand(),
            "turn",
            "--user",
            "ada",
            "--dialogue",
            "d1",
            "--heard",
            "call meg",
            "--skill",
            "phone",
            "--said",
            "Meg Jones or Meg Bauer?",
            "--item",
            "CONTACT=Meg Bauer",
            "--takes",
            "1.5s",
            "--expect-speech");
    assertThat(record.err()).isEmpty();
    assertThat(record.exitCode()).isZero();
    assertThat(record.out())
        .contains("turn of ada, dialogue d1, version 1: speech is expected")
        .contains("to phone", "takes 1500 ms", "EXPECT_SPEECH")
        .doesNotContain("Bauer");

    assertThat(ask(new InteractionCommand(), "get", "turn", "--user", "ada", "--items").out())
        .contains("UTTERANCE", "call meg", "CONTACT", "Meg Bauer");
    JsonNode json =
        JSON.readTree(
            ask(new InteractionCommand(), "get", "turn", "--user", "ada", "--json").out());
    assertThat(json.at("/expectsSpeech").booleanValue()).isTrue();
    assertThat(json.at("/events/2/items/1/kind").textValue()).isEqualTo("CONTACT");

    Run other = ask(new InteractionCommand(), "get", "turn", "--user", "bob");
    assertThat(other.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(other.err()).contains("belongs to another user");

    Run deleted = ask(new InteractionCommand(), "delete", "turn", "--user", "ada");
    assertThat(deleted.out()).contains("Removed turn");
    assertThat(ask(new InteractionCommand(), "delete", "turn", "--user", "ada").out())
        .contains("There was none");
    assertThat(ask(new InteractionCommand(), "get", "turn", "--user", "ada").exitCode())
        .isEqualTo(ExitCode.FAILED);
  }

  @Test
  void repeatsAWriteByItsEventId() throws IOException {
    String[] write = {"again", "--heard", "hello", "--event-id", "e", "--json"};
    JsonNode first = JSON.readTree(ask(new RecordCommand(), write).out());
    assertThat(JSON.readTree(ask(new RecordCommand(), write).out())).isEqualTo(first);

    Run other = ask(new RecordCommand(), "again", "--heard", "bye", "--event-id", "e");
    assertThat(other.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(other.err()).contains("other content");
  }

  @Test
  void recordsWhatAFileSays() throws IOException {
    Path file = folder.resolve("events.json");
    Files.writeString(
        file,
        "{\"interactionId\": \"in the file\", \"events\": [{\"eventId\": \"e\","
            + " \"type\": \"GESTURE\", \"items\": [{\"kind\": \"SMELL\", \"text\": \"rose\"}]}]}");
    assertThat(ask(new RecordCommand(), "named", "--file", file.toString()).out())
        .contains("named of nobody", "GESTURE", "SMELL");

    Files.writeString(file, "{\"events\": 3}");
    assertThat(ask(new RecordCommand(), "x", "--file", file.toString()).exitCode())
        .isEqualTo(ExitCode.BAD_DATA);
  }

  @Test
  void saysWhatIsWrongWithARecording() {
    assertThat(ask(new RecordCommand(), "x").err()).contains("nothing happened");
    assertThat(ask(new RecordCommand(), "x", "--item", "CONTACT=Meg").err())
        .contains("--said or --shown");
    assertThat(ask(new RecordCommand(), "x", "--said", "hi", "--item", "Meg").err())
        .contains("expected: KIND=TEXT");
    assertThat(ask(new RecordCommand(), "--heard", "hi").err()).contains("INTERACTION is missing");
    Run blank = ask(new RecordCommand(), "x", "--heard", " ");
    assertThat(blank.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(blank.err()).contains("events[0].items[0].text: blank");
  }

  @Test
  void exportsAndImportsProfiles() throws IOException {
    for (int i = 0; i < 30; i++) {
      ask(
          new ProfileCommand(),
          "put",
          "export-" + i,
          "--skill",
          "s" + i,
          "--entry",
          "contacts=Meg Bauer");
    }
    Path file = folder.resolve("users.jsonl");
    Run export = ask(new ProfileCommand(), "export", file.toString());
    assertThat(export.out()).containsPattern("Exported \\d+ profile");
    assertThat(export.err()).containsPattern("Exporting profiles +\\d+ of \\d+ ");
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSizeGreaterThanOrEqualTo(30);

    ask(new ProfileCommand(), "delete", "export-7");
    List<String> broken = new ArrayList<>(lines);
    broken.add(1, "{\"userId\": }");
    Files.write(file, broken);
    Run imported = ask(new ProfileCommand(), "import", file.toString(), "--json");
    assertThat(imported.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(imported.err()).contains("line 2: is no profile in JSON");
    JsonNode summary = JSON.readTree(imported.out());
    assertThat(summary.path("imported").intValue()).isEqualTo(lines.size());
    assertThat(summary.at("/notImported/0/line").intValue()).isEqualTo(2);
    assertThat(ask(new ProfileCommand(), "get", "export-7").out()).contains("s7", "Meg Bauer");

    assertThat(ask(new ProfileCommand(), "export").out()).contains("\"export-29\"");
    assertThat(ask(new ProfileCommand(), "import", folder.resolve("gone").toString()).exitCode())
        .isEqualTo(ExitCode.BAD_DATA);
  }

  @Test
  void anImportWithoutAServerStopsAndCanGoOn() throws IOException {
    Path file = folder.resolve("users.jsonl");
    Files.writeString(file, "{\"userId\": \"a\"}\n");
    Run run = Run.of(new ProfileCommand(), "import", file.toString(), "--server", "localhost:1");

    assertThat(run.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(run.out()).contains("Stopped after line 0");
    assertThat(ask(new ProfileCommand(), "import", file.toString()).exitCode()).isZero();
  }

  private static Run ask(Object command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--server");
    all.add("127.0.0.1:" + server.port());
    return Run.of(command, all.toArray(String[]::new));
  }
}
