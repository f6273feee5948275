package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A real server process, killed under load. */
final class CrashCommandTest {
  @TempDir private Path folder;

  @Test
  @Timeout(240)
  void whatAServerAcknowledgedIsThereOnceAfterItWasKilled() throws Exception {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine bench =
        BenchMain.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status =
        bench.execute(
            "crash",
            "--rounds=3",
            "--load=1",
            "--writers=4",
            "--json",
            "--data-dir=" + folder,
            "--bundle=" + BundleOptions.shippedBundle());
    assertThat(status).as(err.toString()).isZero();

    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.path("rounds")).hasSize(3);
    assertThat(report.path("acknowledged").asLong()).isGreaterThan(3);
    assertThat(report.path("findings").path("checked").asLong())
        .isGreaterThanOrEqualTo(report.path("acknowledged").asLong() / 2);
    assertThat(report.path("setup").has("seed")).isTrue();
    assertThat(err.toString()).contains("3/3: killed after", "all there");
  }
}
