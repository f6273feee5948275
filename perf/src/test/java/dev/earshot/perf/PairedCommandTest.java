package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real server processes; how soon they answer is not looked at. */
final class PairedCommandTest {
  @Test
  @Timeout(240)
  void swapsBundlesInRunsThatAreShorterThanASwap() throws Exception {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        BenchMain.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(
                "paired",
                "--rate=50",
                "--pairs=1",
                "--seconds=0.1",
                "--warm-up=0",
                "--users=3",
                "--b-fault=swap",
                "--json",
                "--bundle=" + BundleOptions.shippedBundle());
    // Without a valid pair there is no report: the machine had so much other work.
    if (err.toString().contains("no valid pair")) {
      return;
    }
    assertThat(status).as(err.toString()).isIn(0, 3, 4);

    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.path("b").asText()).endsWith("swap");
    assertThat(report.path("swaps_b").asInt()).isPositive();
    assertThat(report.path("failed_b").asInt()).isZero();
  }
}
