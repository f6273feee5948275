package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.load.Arrivals;
import dev.earshot.perf.load.LoadDriver;
import dev.earshot.perf.load.Phase;
import dev.earshot.perf.load.PhaseResult;
import dev.earshot.perf.load.Traffic;
import dev.earshot.perf.micro.RuntimeFloor;
import dev.earshot.perf.micro.Stalls;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** From a real load, by way of its result file, to a report. */
@Timeout(60)
final class ReportCommandTest {
  @TempDir private Path folder;

  @Test
  void makesAReportOfResultFiles() throws Exception {
    List<PhaseResult> curve = loadAnEcho().stream().map(ReportCommandTest::valid).toList();
    LoadReport report =
        new LoadReport(
            LoadReport.KIND,
            "load-test",
            "2026-01-01T00:00:00Z",
            "bench load --sweep",
            Machine.describe(),
            Map.of("skills", 40_000, "deadline_ms", 15.0),
            List.of(),
            new LoadReport.Sweep(400, 400, false, Double.NaN, List.of(), curve),
            null,
            new LoadReport.Floors(
                curve,
                new RuntimeFloor.Times(
                    700,
                    900,
                    List.of(new RuntimeFloor.PacedTime(200, 1_400, 1_900)),
                    List.of(new RuntimeFloor.BatchTime(1, 700, 900))),
                List.of(new Stalls.Times(5, 0.01, 2, 4.5))));
    Results.publish(
        new PrintWriter(new StringWriter()),
        true,
        folder,
        "load-test",
        report,
        LoadText.markdown(report));
    // Other programs' results may lie beside it.
    Files.writeString(folder.resolve("other.json"), "{\"benchmarks\": []}");

    StringWriter out = new StringWriter();
    CommandLine bench = BenchMain.commandLine().setOut(new PrintWriter(out));
    assertThat(bench.execute("report", "--from", folder.toString())).isZero();

    assertThat(out.toString()).contains("report.html");
    String text = Files.readString(folder.resolve("report.md"));
    assertThat(text)
        .contains("load-test: p99 at half of the capacity | ≤ 3.00 ms |")
        .contains("load-test: the same, against the floors")
        .contains("load-test: the same, against the runtime called at that rate")
        .contains("plots/load-test-goodput.svg", report.machine().summary());
    assertThat(Files.readString(folder.resolve("report.html"))).contains("<svg", "</html>");
  }

  @Test
  void saysSoWhereThereAreNoResults() {
    StringWriter err = new StringWriter();
    CommandLine bench = BenchMain.commandLine().setErr(new PrintWriter(err));
    assertThat(bench.execute("report", "--from", folder.toString())).isNotZero();
    assertThat(err.toString()).contains("no results");
  }

  /** The same, as if this machine had had the time to keep to the schedule. */
  private static PhaseResult valid(PhaseResult result) {
    return new PhaseResult(
        result.name(),
        result.offered(),
        result.seconds(),
        result.scheduled(),
        result.full(),
        result.degraded(),
        result.missing(),
        result.refused(),
        result.refusedWith(),
        result.late(),
        result.failed(),
        result.goodput(),
        result.latencyUs(),
        result.refusalUs(),
        result.lagUs(),
        true,
        result.stagesUs(),
        result.responseBytes(),
        result.server(),
        result.timeline());
  }

  private static List<PhaseResult> loadAnEcho() throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(EchoServer.service(new byte[100]))
            .build()
            .start();
    try (LoadDriver driver =
        new LoadDriver(
            new LoadDriver.Options(
                InetAddress.getLoopbackAddress().getHostAddress(),
                server.getPort(),
                1,
                1,
                Duration.ofSeconds(10),
                Arrivals.CONSTANT,
                1),
            Traffic.unary(EchoServer.METHOD, random -> new byte[20], Traffic.Reader.NOTHING))) {
      List<Phase> phases = new ArrayList<>();
      for (double rate : new double[] {40, 200, 400}) {
        phases.add(Phase.of("echo", rate, Duration.ofMillis(500)));
      }
      return driver.run(phases, null, LoadDriver.Progress.NONE);
    } finally {
      boolean unused = server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }
}
