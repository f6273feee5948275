package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.BiasBundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replays turns whose outcome is known, with the models that are shipped. */
@Timeout(60)
class EvalBiasCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @BeforeEach
  void record() throws IOException {
    Files.write(
        folder.resolve("turns.test.jsonl"),
        List.of(
            turn("t/1", "in-context", "bauer", "\"bauer\""),
            turn("t/2", "unrelated", "set a timer", ""),
            // Nothing was heard yet: not a turn to replay.
            turn("t/3", "unrelated", "never heard", "")));
    Files.write(
        folder.resolve("nbest.test.jsonl"),
        List.of(
            heard("t/1", "free", "power", "bower", "our"),
            heard("t/2", "free", "set a timer", "said a timer"),
            heard("t/3", "in-beam", "never heard")));
  }

  @Test
  void countsErrorsBeforeAndAfterByGroup() throws IOException {
    JsonNode report = JSON.readTree(ask().out()).get(0);

    JsonNode named = group(report, "in-context, clean");
    assertThat(named.get("turns").asInt()).isEqualTo(1);
    assertThat(named.get("errors_before").asInt()).isEqualTo(1);
    assertThat(named.get("errors_after").asInt()).isZero();
    assertThat(named.get("missed_before").asInt()).isEqualTo(1);
    assertThat(named.get("missed_after").asInt()).isZero();
    assertThat(named.get("mended").asDouble()).isEqualTo(1);
    JsonNode unrelated = group(report, "unrelated, clean");
    assertThat(unrelated.get("turns").asInt()).isEqualTo(1);
    assertThat(unrelated.get("harmed").asDouble()).isZero();
  }

  @Test
  void gainsNothingWithoutTheReplyThatNamedTheAnswer() throws IOException {
    JsonNode report = JSON.readTree(ask("--without", "REPLY").out()).get(0);

    assertThat(group(report, "in-context, clean").get("errors_after").asInt()).isEqualTo(1);
  }

  @Test
  void gainsNothingFromAnotherTurnsContext() throws IOException {
    Files.writeString(
        folder.resolve("turns.test.jsonl"),
        turn("t/1", "in-context", "bauer", "\"bauer\"")
            + "\n"
            + turn("t/2", "unrelated", "set a timer", "").replace("Meg Bauer", "Ann Lee"));

    JsonNode report = JSON.readTree(ask("--shuffled").out()).get(0);

    assertThat(group(report, "in-context, clean").get("errors_after").asInt()).isEqualTo(1);
  }

  @Test
  void measuresPhrasesInTheBeamAgainstWhatIsHeardWithoutThem() throws IOException {
    Path biased = Files.createDirectory(folder.resolve("biased"));
    Files.write(
        biased.resolve("nbest.test.in-beam.jsonl"),
        List.of(
            // By the recogniser alone the other one would be its best.
            ("{'turn':'t/1','decoder':'in-beam','nbest':[{'text':'bauer','score':-3,'bias':2.5},"
                    + "{'text':'power','score':-1.2,'bias':0}]}")
                .replace('\'', '"'),
            heard("t/2", "in-beam", "said a timer", "set a timer")));

    JsonNode reports = JSON.readTree(ask("--data", biased.toString(), "--decoder=in-beam").out());

    assertThat(reports)
        .extracting(report -> report.get("set").asText())
        .containsExactly("test, rescored", "test, in-beam", "test, in-beam and rescored");
    for (JsonNode report : reports) {
      assertThat(group(report, "in-context, clean").get("errors_before").asInt()).isEqualTo(1);
      assertThat(group(report, "in-context, clean").get("errors_after").asInt()).isZero();
    }
    assertThat(group(reports.get(0), "unrelated, all").get("harmed").asDouble()).isZero();
    assertThat(group(reports.get(1), "unrelated, clean").get("harmed").asDouble()).isEqualTo(1);
    assertThat(group(reports.get(1), "unrelated, all").get("errors_before").asInt()).isZero();
    assertThat(ask("--data", biased.toString(), "--decoder=in-beam").out())
        .doesNotContain("t/1", "timer");
  }

  @Test
  void comparesOnlyTheTurnsThatBothDecodersHeard() throws IOException {
    Files.writeString(
        folder.resolve("nbest.test.in-beam.jsonl"),
        heard("t/1", "in-beam", "bauer") + "\n" + heard("t/3", "in-beam", "never heard"));

    JsonNode reports = JSON.readTree(ask("--decoder", "in-beam").out());

    assertThat(reports.get(1).get("groups"))
        .extracting(group -> group.get("name").asText())
        .containsExactly("in-context, clean");
    assertThat(group(reports.get(1), "in-context, clean").get("turns").asInt()).isEqualTo(1);
  }

  @Test
  void writesThePhrasesOfEachTurnForADecoder() throws IOException {
    Path plain = folder.resolve("plain.jsonl");
    Path halved = folder.resolve("halved.jsonl");
    String data = folder.toString();

    assertThat(run("--data", data, "--phrases", plain.toString()).exitCode())
        .isEqualTo(ExitCode.OK);
    assertThat(
            run("--data", data, "--set=test", "--scale=0.5", "--phrases", halved.toString())
                .exitCode())
        .isEqualTo(ExitCode.OK);

    // Also of the turn that was not heard yet.
    assertThat(Files.readAllLines(plain)).hasSize(3);
    JsonNode first = JSON.readTree(Files.readAllLines(plain).get(0));
    assertThat(first.get("turn").asText()).isEqualTo("t/1");
    assertThat(first.get("phrases"))
        .extracting(phrase -> phrase.get("text").asText())
        .contains("meg bauer", "bauer", "meg jones");
    double boost = first.at("/phrases/0/boost").asDouble();
    assertThat(boost).isPositive();
    assertThat(JSON.readTree(Files.readAllLines(halved).get(0)).at("/phrases/0/boost").asDouble())
        .isCloseTo(boost / 2, within(1e-4));
  }

  @Test
  void writesNoPhrasesOfDataThatHasNoContext() {
    String file = folder.resolve("phrases.jsonl").toString();
    String data = folder.toString();
    assertThat(run("--data", data, "--set=is21", "--phrases", file).err()).contains("--set: is21");
    assertThat(run("--data", data, "--scale=0", "--phrases", file).err()).contains("--scale: 0.0");
    assertThat(run("--data", data, "--set=snips", "--decoder=in-beam").err())
        .contains("--set: snips");
  }

  @Test
  void writesARowForEachChangeThatTheTrainerMayWeigh() throws IOException {
    Path features = folder.resolve("features");

    assertThat(run("--data", folder.toString(), "--set", "test", "--features", features.toString()))
        .extracting(Run::exitCode)
        .isEqualTo(ExitCode.OK);

    int columns = 6 + Files.readAllLines(features.resolve("features.txt")).size();
    assertThat(Files.size(features.resolve("test.turns"))).isEqualTo(2 * 5 * 4);
    assertThat(Files.size(features.resolve("test.rows"))).isPositive();
    assertThat(Files.size(features.resolve("test.rows")) % (columns * 4L)).isZero();
    assertThat(Files.readAllLines(features.resolve("test.names")).get(0))
        .isEqualTo("t/1\tt\tin-context, clean");
  }

  @Test
  void saysWhichFolderCannotBeWritten() throws IOException {
    Path taken = Files.writeString(folder.resolve("taken"), "a file");

    Run run = run("--data", folder.toString(), "--set", "test", "--features", taken.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(run.err()).contains(taken + ": cannot be written");
  }

  @Test
  void saysWhatIsMissingOrDamaged() throws IOException {
    assertThat(run("--data", folder.resolve("none").toString()).exitCode())
        .isEqualTo(ExitCode.BAD_DATA);
    assertThat(run("--data", folder.toString(), "--set", "tset").err()).contains("--set: tset");
    assertThat(run("--data", folder.toString(), "--set", "is21").err()).contains("is21");
    Files.writeString(folder.resolve("nbest.test.jsonl"), "{\"turn\": \"t/1\", \"dec");
    Run torn = run("--data", folder.toString());
    assertThat(torn.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(torn.err()).contains("nbest.test.jsonl:1").doesNotContain("t/1");
  }

  private Run ask(String... further) {
    List<String> arguments = new ArrayList<>(List.of("--data", folder.toString(), "--json"));
    arguments.addAll(List.of(further));
    Run run = run(arguments.toArray(new String[0]));
    assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
    return run;
  }

  private static Run run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--bias-bundle", BiasBundles.DEFAULT.toString()));
    all.addAll(List.of(arguments));
    return Run.of(new EvalBiasCommand(), all.toArray(new String[0]));
  }

  private static JsonNode group(JsonNode report, String name) {
    for (JsonNode group : report.get("groups")) {
      if (group.get("name").asText().equals(name)) {
        return group;
      }
    }
    throw new AssertionError(name + ": no such group");
  }

  private static String turn(String id, String relation, String reference, String answer) {
    return ("{'turn':'%s','scenario':'t','split':'test','relation':'%s',"
            + "'previous_utterance':'call meg','reply':'Do you mean Meg Jones or Meg Bauer?',"
            + "'items':[{'kind':'CONTACT','text':'Meg Jones'},{'kind':'CONTACT','text':'Meg Bauer'}],"
            + "'earlier':[],'lists':[],'reference':'%s','answer':[%s],'snr':null}")
        .formatted(id, relation, reference, answer)
        .replace('\'', '"');
  }

  private static String heard(String id, String decoder, String... texts) {
    StringBuilder nBest = new StringBuilder();
    for (int i = 0; i < texts.length; i++) {
      nBest.append(i == 0 ? "" : ",");
      nBest.append("{\"text\":\"%s\",\"score\":%s}".formatted(texts[i], -1.2 - i));
    }
    return "{\"turn\":\"%s\",\"decoder\":\"%s\",\"nbest\":[%s]}".formatted(id, decoder, nBest);
  }
}
