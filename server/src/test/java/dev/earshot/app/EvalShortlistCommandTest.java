package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.ShortlistQuery;
import dev.earshot.model.Bundles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Evaluates a real server on rows whose outcome is known, since its own answers make them. */
@Timeout(120)
class EvalShortlistCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> UTTERANCES =
      List.of(
          "will it rain tomorrow", "set a timer for five minutes", "play some jazz", "call mum");

  private static EarshotServer server;
  private static EarshotClient client;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    server = EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT));
    client = EarshotClient.builder("127.0.0.1:" + server.port()).build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Test
  void countsWhatTheServerAnswers() throws IOException {
    List<String> rows = new ArrayList<>();
    List<String> users = new ArrayList<>();
    List<String> skills = new ArrayList<>();
    for (String utterance : UTTERANCES) {
      String user = "user " + rows.size();
      String second = ranked(utterance, 1);
      // The second is right: without the user it is not first, with its user it may be.
      rows.add(object("user", user, "text", utterance, "skill", second));
      users.add("{\"user\": \"" + user + "\", \"enabled\": [\"" + second + "\"]}");
      skills.add(object("skill", second, "source", "source " + rows.size() % 2, "capability", "c"));
    }
    zip("dev.jsonl.gz", rows);
    zip("users.dev.jsonl.gz", users);
    zip("skills.jsonl.gz", skills);
    zip("out_of_scope.jsonl.gz", List.of(object("text", "why is the sky", "split", "oos_val")));

    Run run = evaluate(folder, "--json");

    assertThat(run.exitCode()).isZero();
    JsonNode report = JSON.readTree(run.out());
    assertThat(report.path("rows").intValue()).isEqualTo(4);
    assertThat(report.path("users").intValue()).isEqualTo(4);
    JsonNode free = report.path("modes").get(1);
    assertThat(free.path("mode").textValue()).isEqualTo("context-free");
    assertThat(free.at("/total/top1").doubleValue()).isZero();
    assertThat(free.at("/total/top3").doubleValue()).isEqualTo(1);
    assertThat(free.path("degraded").doubleValue()).isZero();
    JsonNode personal = report.path("modes").get(0);
    assertThat(personal.path("mode").textValue()).isEqualTo("personal");
    assertThat(personal.at("/total/top1").doubleValue()).isGreaterThan(0.5);
    assertThat(personal.at("/enabled/rows").intValue()).isEqualTo(4);
    assertThat(personal.at("/notEnabled").isNull()).isTrue();
    assertThat(personal.at("/bySource/source 0/rows").intValue()).isEqualTo(2);
    assertThat(personal.path("outOfScopeAuroc").doubleValue()).isBetween(0.0, 1.0);
    assertThat(personal.path("failed")).isEmpty();
    assertThat(client.profiles().all()).as("profiles are removed").isEmpty();
  }

  @Test
  void countsErrorsAgainstTheServer() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    String tooLong = "x".repeat(1_001);
    Files.write(
        file,
        List.of(
            object("text", "will it rain tomorrow", "skill", ranked("will it rain tomorrow", 0)),
            object("text", tooLong, "skill", "s")));
    Run run = evaluate(file, "--json");
    assertThat(run.exitCode()).isZero();
    JsonNode mode = JSON.readTree(run.out()).at("/modes/0");
    assertThat(mode.at("/total/top1").doubleValue()).isCloseTo(0.5, within(1e-9));
    assertThat(mode.at("/failed/INVALID_ARGUMENT ~1 INVALID_FIELD").intValue()).isEqualTo(1);
  }

  @Test
  void marksUsersWithoutProfiles() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.write(file, List.of(object("user", "nobody", "text", "play jazz", "skill", "s")));
    Run run = evaluate(file);
    assertThat(run.out()).contains("personal").contains("100.00% of the answers degraded");
  }

  @Test
  void startsAServerOfItsOwn() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.write(file, List.of(object("text", "play jazz", "skill", ranked("play jazz", 0))));
    Run run =
        Run.of(
            new EvalShortlistCommand(),
            "--data",
            file.toString(),
            "--bundle",
            Bundles.DEFAULT.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("context-free").contains("100.0");
    assertThat(run.err()).contains("1 of 1");
  }

  @Test
  void namesWhatIsWrongWithTheData() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(file, "{}\n");
    Run run = evaluate(file);
    assertThat(run.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(run.err()).contains("rows.jsonl:1: text: missing");
    assertThat(evaluate(folder.resolve("gone")).exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(evaluate(file, "--limit", "-1").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  private static Run evaluate(Path data, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--data", data.toString(), "--server", "127.0.0.1:" + server.port()));
    arguments.addAll(List.of(more));
    return Run.of(new EvalShortlistCommand(), arguments.toArray(String[]::new));
  }

  private static String ranked(String utterance, int rank) {
    return client
        .shortlist(ShortlistQuery.of(utterance), Duration.ofSeconds(10))
        .skills()
        .get(rank)
        .skillId();
  }

  private static String object(String... fields) {
    ObjectNode object = JSON.createObjectNode();
    for (int i = 0; i < fields.length; i += 2) {
      object.put(fields[i], fields[i + 1]);
    }
    return object.toString();
  }

  private void zip(String name, List<String> lines) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      out.write(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }
  }
}
