package dev.earshot.perf.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.report.LineChart.Axis;
import dev.earshot.perf.report.LineChart.Point;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

final class DocumentTest {
  private static final LineChart CHART =
      new LineChart(
              "p99 <of> all & more", new Axis("offered", false), new Axis("latency, ms", true))
          .line("p99", List.of(new Point(100, 0.8), new Point(1_000, 12.5)))
          .dashed("echo", List.of(new Point(100, 0.2), new Point(1_000, Double.NaN)))
          .mark("deadline", 15);

  @TempDir private Path folder;

  @Test
  void chartsAreWellFormedAndKeepTheirTextsApartFromTheirMarkup() throws Exception {
    var svg =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(CHART.svg())));
    assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(svg.getDocumentElement().getTextContent()).contains("p99 <of> all & more");
    assertThat(CHART.svg()).doesNotContain("NaN");
  }

  @Test
  void moreIsFurtherUpAndFurtherRight() {
    String svg =
        new LineChart("", new Axis("", false), new Axis("", false))
            .line("a", List.of(new Point(0, 0), new Point(10, 10)))
            .svg();
    // From the corner where the axes meet to the opposite one.
    assertThat(svg).contains("M70.0 328.0L570.0 36.0");
  }

  @Test
  void htmlHoldsItsPlotsAndTables() throws Exception {
    new Document()
        .text("# Title\n\n| a | b |\n|---|---:|\n| 1 | 2 |")
        .chart("latency", "Latency", CHART)
        .chart("nothing", "Nothing", new LineChart("", new Axis("", true), new Axis("", true)))
        .write(folder, "Title");
    String html = Files.readString(folder.resolve("report.html"));
    assertThat(html).contains("<table>", "<svg", "deadline").doesNotContain("<img");
    assertThat(Files.readString(folder.resolve("report.md")))
        .contains("![Latency](plots/latency.svg)")
        .doesNotContain("nothing");
    assertThat(folder.resolve("plots/latency.svg")).isRegularFile();
  }
}
