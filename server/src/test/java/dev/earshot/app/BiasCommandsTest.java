package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.Bundles;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands about biasing, against a real server with the models that are shipped. */
@Timeout(120)
class BiasCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static EarshotServer server;

  @BeforeAll
  static void start() throws Exception {
    server = EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT));
    ask(
        new RecordCommand(),
        "turn",
        "--user",
        "ada",
        "--heard",
        "call meg",
        "--said",
        "Meg Jones or Meg Bauer?",
        "--item",
        "CONTACT=Meg Bauer",
        "--expect-speech");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Run ask(Object command, String... arguments) {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--server";
    all[arguments.length + 1] = "127.0.0.1:" + server.port();
    return Run.of(command, all);
  }

  @Test
  void printsTheBiasOfATurn() throws IOException {
    Run bias = ask(new BiasCommand(), "turn", "--user", "ada", "--deadline", "10s");
    assertThat(bias.err()).isEmpty();
    assertThat(bias.exitCode()).isZero();
    assertThat(bias.out()).contains("Meg Bauer", "reply", "CONTACT", "context vector", "ms in");
    JsonNode json =
        JSON.readTree(
            ask(new BiasCommand(), "turn", "--user", "ada", "--json", "--deadline", "10s").out());
    assertThat(json.at("/phrases/0/text").textValue()).isEqualTo("meg bauer");
    assertThat(json.at("/embedding/shape/1").intValue()).isPositive();
    assertThat(ask(new BiasCommand(), "turn", "--user", "bob").err())
        .contains("belongs to another user");
  }

  @Test
  void printsWhatBecomesOfHypotheses() throws IOException {
    Run rescore =
        ask(
            new RescoreCommand(),
            "power=-1.2",
            "bauer=-1.9",
            "--interaction",
            "turn",
            "--user",
            "ada",
            "--repair");
    assertThat(rescore.err()).isEmpty();
    assertThat(rescore.exitCode()).isZero();
    assertThat(rescore.out()).contains("power", "bauer", "was 1", "was 2");
    JsonNode json =
        JSON.readTree(ask(new RescoreCommand(), "power", "--phrase", "Bauer=4", "--json").out());
    assertThat(json.at("/hypotheses")).hasSize(1);
  }

  @Test
  void saysWhatIsWrong() {
    assertThat(ask(new RescoreCommand()).exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(ask(new BiasCommand(), "--phrase", "a=b").err()).contains("--phrase: 'b'");
    Run markup = ask(new BiasCommand(), "--phrase", "<b>");
    assertThat(markup.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(markup.err()).contains("phrases[0].text: holds");
    assertThat(ask(new RescoreCommand(), "a=NaN").err()).contains("hypotheses[0].score");
  }

  @Test
  void playsTheTurnAndRemovesWhatItWrote() throws IOException {
    Run demo = ask(new DemoCommand());
    assertThat(demo.err()).isEmpty();
    assertThat(demo.exitCode()).isZero();
    assertThat(demo.out())
        .contains("Meg Bauer", "EXPECT_SPEECH", "context vector", "left out for want of time")
        .containsPattern("The bias was ready \\d+ ms before the reply ends")
        .containsPattern("Bauer +\\S+ +\\d\\.\\d  reply +CONTACT +B AW ER")
        .containsPattern("4\\.  .*\\n.*heard: power, bower, our\\n +Bauer ")
        .containsPattern("5\\.  .*\\n +power ")
        .containsPattern("6\\.  .*\\n.*\\n +set a timer for ten minutes ");
    Run own =
        ask(
            new DemoCommand(),
            "--contacts",
            "Anna Kowalski,Tom Ford",
            "--reply",
            "Whom shall I call?",
            "--heard",
            "anna coal ski=-1.5",
            "--json");
    for (String line : own.out().split("\n", -1)) {
      if (!line.isEmpty()) {
        assertThat(JSON.readTree(line).isObject()).isTrue();
      }
    }
    assertThat(own.out()).contains("Anna Kowalski");
  }
}
