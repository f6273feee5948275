package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** Real server processes; how soon they answer is not looked at. */
final class TurnsCommandTest {
  @Test
  @Timeout(240)
  void playsTurnsBesideShortlists() throws Exception {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine bench =
        BenchMain.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status =
        bench.execute(
            "turns",
            "--rate=10",
            "--reply=200",
            "--bias-deadline=10000",
            "--shortlist-rate=20",
            "--pairs=1",
            "--seconds=1",
            "--warm-up=0",
            "--users=3",
            "--json",
            "--bundle=" + BundleOptions.shippedBundle());
    assertThat(status).as(err.toString()).isIn(0, 3, 4);

    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.path("kind").asText()).isEqualTo("turns");
    assertThat(report.path("rate").asDouble()).isEqualTo(20);
    assertThat(report.has("capacity")).isFalse();
    JsonNode recorded = report.path("recorded");
    JsonNode biases = report.path("biases");
    assertThat(recorded.path("scheduled").asLong()).isPositive();
    // Each turn's bias is asked for, and with ten seconds to make it, it is whole.
    assertThat(biases.path("scheduled").asLong()).isEqualTo(recorded.path("scheduled").asLong());
    assertThat(biases.path("missing").properties())
        .allMatch(mark -> mark.getKey().equals("made meanwhile"));
    assertThat(report.path("ready_share").asDouble())
        .isEqualTo(biases.path("full").asDouble() / recorded.path("scheduled").asDouble());
    // None where the machine had so much other work that the driver was late.
    assertThat(report.path("tests").size()).isIn(0, 4);
  }

  @Test
  void refusesRatesThatAreNone() {
    StringWriter err = new StringWriter();
    int status = BenchMain.commandLine().setErr(new PrintWriter(err)).execute("turns", "--rate=0");
    assertThat(status).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains("--rate");
  }
}
