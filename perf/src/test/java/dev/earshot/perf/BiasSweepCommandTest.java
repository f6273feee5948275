package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** A real server process; how soon it answers is not looked at. */
final class BiasSweepCommandTest {
  @Test
  @Timeout(240)
  void saysOfEachBudgetWhatBecameOfTheCalls() throws Exception {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine bench =
        BenchMain.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status =
        bench.execute(
            "bias",
            "--budgets=0.01,5000",
            "--rate=20",
            "--seconds=0.5",
            "--warm-up=0",
            "--turns=4",
            "--users=2",
            "--json",
            "--bundle=" + BundleOptions.shippedBundle());
    assertThat(status).as(err.toString()).isIn(0, 3, 4);

    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.path("kind").asText()).isEqualTo("bias");
    assertThat(report.path("wrong").asLong(-1)).isZero();
    assertThat(report.path("calls")).hasSize(4);
    for (JsonNode calls : report.path("calls")) {
      // Those asked for, and twice the context-free path's p99.
      assertThat(calls.path("points")).hasSize(3);
      assertThat(calls.path("twice_context_free_p99_ms").asDouble()).isPositive();
      JsonNode hopeless = calls.path("points").get(0).path("result");
      assertThat(hopeless.path("full").asLong()).isZero();
      JsonNode patient = calls.path("points").get(2).path("result");
      assertThat(patient.path("full").asLong() + patient.path("degraded").asLong()).isPositive();
    }
    assertThat(out.toString()).doesNotContain("Do you mean");
  }

  @Test
  void refusesBudgetsThatAreNone() {
    StringWriter err = new StringWriter();
    int status =
        BenchMain.commandLine().setErr(new PrintWriter(err)).execute("bias", "--budgets=5,0");
    assertThat(status).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains("--budgets");
  }
}
