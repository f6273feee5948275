package dev.earshot.perf.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * A report that is written once and kept twice: as markdown with its plots as files beside it, and
 * as one HTML file that needs nothing else.
 */
public final class Document {
  private static final String STYLE =
      """
      body { font: 15px/1.45 sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; }
      table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }
      td, th { border: 1px solid #d0d0d0; padding: .25em .6em; text-align: left; }
      td[align=right], th[align=right] { text-align: right; }
      code { background: #f2f2f2; padding: 0 .2em; }
      svg { max-width: 100%; height: auto; }
      """;

  private final StringBuilder markdown = new StringBuilder();
  private final Map<String, String> plots = new LinkedHashMap<>();

  /** Adds markdown, as a block of its own. */
  public Document text(String text) {
    markdown.append(text.strip()).append("\n\n");
    return this;
  }

  /**
   * Adds a chart, if there is anything in it.
   *
   * @param name of its file, without an ending
   */
  public Document chart(String name, String alternative, LineChart chart) {
    if (!chart.isEmpty()) {
      plots.put(name, chart.svg());
      text("![" + alternative + "](plots/" + name + ".svg)");
    }
    return this;
  }

  /** Writes {@code report.md}, {@code report.html} and {@code plots/} into a folder. */
  public void write(Path folder, String title) throws IOException {
    Files.createDirectories(folder.resolve("plots"));
    Files.writeString(folder.resolve("report.md"), markdown.toString().strip() + "\n");
    for (Map.Entry<String, String> plot : plots.entrySet()) {
      Files.writeString(folder.resolve("plots").resolve(plot.getKey() + ".svg"), plot.getValue());
    }
    Files.writeString(folder.resolve("report.html"), html(title));
  }

  private String html(String title) {
    List<Extension> extensions = List.of(TablesExtension.create());
    String body =
        HtmlRenderer.builder()
            .extensions(extensions)
            .escapeHtml(true)
            .build()
            .render(Parser.builder().extensions(extensions).build().parse(markdown.toString()));
    for (Map.Entry<String, String> plot : plots.entrySet()) {
      body =
          body.replaceAll(
              "<img src=\"plots/" + plot.getKey() + "\\.svg\"[^>]*>",
              Matcher.quoteReplacement(plot.getValue()));
    }
    return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>"
        + LineChart.escaped(title)
        + "</title>\n<style>\n"
        + STYLE
        + "</style>\n</head>\n<body>\n"
        + body
        + "</body>\n</html>\n";
  }
}
