package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.Bundles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands of a client, against a real server with the bundle that Earshot ships. */
@Timeout(120)
class ClientCommandsTest {
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
  void showsAShortlist() {
    Run run = ask(new ShortlistCommand(), "will it rain tomorrow", "--max-skills", "3");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).containsPattern("(?m)^ {2}3 ").doesNotContainPattern("(?m)^ {2}4 ");
    assertThat(run.out()).contains("%", "no skill seems right", "ms in the server", "bundle ");
    assertThat(run.out()).doesNotContain("made without");
  }

  @Test
  void saysWhatAnAnswerWasMadeWithout() {
    Run run = ask(new ShortlistCommand(), "will it rain tomorrow", "--user", "nobody");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("made without the profile: nothing is stored")
        .contains("(NOT_FOUND)");
  }

  @Test
  void marksWhatTheUserHasEnabled() throws IOException {
    String skill = best("will it rain tomorrow");
    assertThat(ask(new ProfileCommand(), "put", "marked", "--skill", skill).exitCode()).isZero();
    JsonNode answer =
        JSON.readTree(
            ask(new ShortlistCommand(), "will it rain tomorrow", "--user", "marked", "--json")
                .out());
    assertThat(answer.at("/skills/0/skillId").textValue()).isEqualTo(skill);
    assertThat(answer.at("/skills/0/enabled").booleanValue()).isTrue();
    assertThat(answer.at("/degradation/missing")).isEmpty();
  }

  @Test
  void takesHypothesesWithAndWithoutScores() {
    assertThat(
            ask(
                    new ShortlistCommand(),
                    "--hypothesis",
                    "will it rain=-0.5",
                    "--hypothesis",
                    "will it train=-2")
                .exitCode())
        .isZero();
    // An equals sign before what is no number belongs to the text.
    assertThat(ask(new ShortlistCommand(), "--hypothesis", "what is e=mc2").exitCode()).isZero();
  }

  @Test
  void namesWhatIsWrongWithARequest() {
    Run blank = ask(new ShortlistCommand(), " ");
    assertThat(blank.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(blank.err()).contains("utterance: blank (expected:");

    Run score = ask(new ShortlistCommand(), "--hypothesis", "rain=NaN");
    assertThat(score.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(score.err()).contains("hypotheses[0].score: NaN");

    assertThat(ask(new ShortlistCommand()).err()).contains("either UTTERANCE or");
    assertThat(ask(new ShortlistCommand(), "x", "--deadline", "15").err()).contains("15ms");
  }

  @Test
  void saysThatTheDeadlinePassed() {
    Run run = ask(new ShortlistCommand(), "will it rain", "--deadline", "1us");
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("the deadline passed").doesNotContain("Exception");
  }

  @Test
  void saysThatTheServerCannotBeReached() throws IOException {
    String nobody = "localhost:" + freePort();
    for (Object command :
        List.of(new ShortlistCommand(), new BundleCommand(), new ProfileCommand())) {
      String[] arguments =
          command instanceof ShortlistCommand
              ? new String[] {"x", "--server", nobody}
              : command instanceof BundleCommand
                  ? new String[] {"describe", "--server", nobody}
                  : new String[] {"list", "--server", nobody};
      Run run = Run.of(command, arguments);
      assertThat(run.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(run.err()).contains(nobody + ": cannot be reached").contains("Connection refused");
      assertThat(run.err()).doesNotContain("\tat ");
    }
    // Container engines know 0 and 1 alone.
    assertThat(Run.of(new HealthCommand(), "--server", nobody).exitCode()).isEqualTo(1);
  }

  @Test
  void tellsHealth() {
    Run serving = ask(new HealthCommand());
    assertThat(serving.exitCode()).isZero();
    assertThat(serving.out()).isEqualToIgnoringNewLines("SERVING");
    assertThat(ask(new HealthCommand(), "no.Such").exitCode()).isEqualTo(1);
  }

  @Test
  void describesTheBundle() throws IOException {
    assertThat(ask(new BundleCommand(), "describe").out())
        .contains("skills", "SHA-256", "SLO 15 ms");
    JsonNode json = JSON.readTree(ask(new BundleCommand(), "describe", "--json").out());
    assertThat(json.path("skillCount").intValue()).isEqualTo(server.model().skills().size());
  }

  @Test
  void putsAProfileFromFlagsAndReadsItBack() throws IOException {
    Run put =
        ask(
            new ProfileCommand(),
            "put",
            "ada",
            "--skill",
            "no.such.skill",
            "--entry",
            "contacts=Meg Bauer",
            "--entry",
            "contacts=Meg Jones",
            "--preference",
            "team=Warriors");
    assertThat(put.exitCode()).isZero();
    assertThat(put.out()).contains("no.such.skill  (not in the served catalogue: ignored)");
    assertThat(put.out())
        .contains("contacts: Meg Bauer, Meg Jones")
        .contains("prefers team: Warriors");

    JsonNode read = JSON.readTree(ask(new ProfileCommand(), "get", "ada", "--json").out());
    assertThat(read.at("/lists/0/entries/1/text").textValue()).isEqualTo("Meg Jones");
    assertThat(ask(new ProfileCommand(), "list", "--limit", "0").out()).contains("ada");
  }

  @Test
  void putsAProfileFromAFileUnlessAnotherCameBetween() throws IOException {
    ask(new ProfileCommand(), "put", "bob", "--skill", "s1");
    Path file = folder.resolve("bob.json");
    Files.writeString(file, ask(new ProfileCommand(), "get", "bob", "--json").out());
    assertThat(ask(new ProfileCommand(), "enable", "bob", "s2").out()).contains("s1", "s2");

    Run stale = ask(new ProfileCommand(), "put", "--file", file.toString());
    assertThat(stale.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(stale.err()).contains("etag");

    Run forced = ask(new ProfileCommand(), "put", "--file", file.toString(), "--force");
    assertThat(forced.exitCode()).isZero();
    assertThat(forced.out()).contains("s1").doesNotContain("s2");
  }

  @Test
  void refusesFilesThatAreNoProfiles() throws IOException {
    Path file = folder.resolve("profile.json");
    Files.writeString(file, "{\"userid\": \"x\"}");
    Run run = ask(new ProfileCommand(), "put", "--file", file.toString());
    assertThat(run.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(run.err()).contains("profile.json: is no profile in JSON");
    assertThat(
            ask(new ProfileCommand(), "put", "--file", folder.resolve("gone").toString())
                .exitCode())
        .isEqualTo(ExitCode.BAD_DATA);
  }

  @Test
  void tellsUsersThatAreNotThere() {
    Run get = ask(new ProfileCommand(), "get", "nobody");
    assertThat(get.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(get.err()).contains("no profile");
    assertThat(ask(new ProfileCommand(), "enable", "nobody", "s1").err()).contains("--create");
    assertThat(ask(new ProfileCommand(), "enable", "made", "s1", "--create").exitCode()).isZero();
    assertThat(ask(new ProfileCommand(), "disable", "made", "s1").out()).contains("0 enabled");
    assertThat(ask(new ProfileCommand(), "delete", "made").out()).contains("Removed made");
    assertThat(ask(new ProfileCommand(), "delete", "made").out()).contains("There was nothing");
  }

  private static String best(String utterance) throws IOException {
    return JSON.readTree(ask(new ShortlistCommand(), utterance, "--json").out())
        .at("/skills/0/skillId")
        .textValue();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  static Run ask(Object command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--server");
    all.add("127.0.0.1:" + server.port());
    return Run.of(command, all.toArray(String[]::new));
  }
}
