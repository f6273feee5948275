package dev.earshot.perf.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * Lines over two axes, drawn as SVG: text and paths only, colours that stay apart in black and
 * white by their marks, a size that fits a page. Immutable once drawn.
 */
public final class LineChart {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 380;
  private static final int LEFT = 70;
  private static final int RIGHT = 190;
  private static final int TOP = 36;
  private static final int BOTTOM = 52;
  private static final int TICKS = 6;
  private static final List<String> COLOURS =
      List.of(
          "#1b6ca8", "#d1495b", "#3a7d44", "#edae49", "#7b4f9d", "#5c5c5c", "#00798c", "#b56576");

  private final String title;
  private final Axis x;
  private final Axis y;
  private final List<Series> series = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();

  /**
   * An axis.
   *
   * @param log whether its scale is logarithmic; then values must be above 0
   */
  public record Axis(String label, boolean log) {}

  /** A point; those that are not finite, or not above 0 on a logarithmic axis, are left out. */
  public record Point(double x, double y) {}

  private record Series(String name, List<Point> points, boolean dashed) {}

  private record Mark(String name, double y) {}

  public LineChart(String title, Axis x, Axis y) {
    this.title = title;
    this.x = x;
    this.y = y;
  }

  /** Adds a line through the points, in their order. */
  public LineChart line(String name, List<Point> points) {
    series.add(new Series(name, List.copyOf(points), false));
    return this;
  }

  /** Adds a dashed line. */
  public LineChart dashed(String name, List<Point> points) {
    series.add(new Series(name, List.copyOf(points), true));
    return this;
  }

  /** Adds a horizontal line that names a value, such as a deadline. */
  public LineChart mark(String name, double at) {
    marks.add(new Mark(name, at));
    return this;
  }

  /** Whether there is anything to draw. */
  public boolean isEmpty() {
    return series.stream().allMatch(line -> drawable(line).isEmpty());
  }

  /** The chart as an SVG element. */
  public String svg() {
    Scale across = scale(x, false);
    Scale up = scale(y, true);
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " height=\"%d\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%n"
                + "<text x=\"%d\" y=\"20\" font-size=\"15\" font-weight=\"bold\">%s</text>%n",
            WIDTH,
            HEIGHT,
            WIDTH,
            HEIGHT,
            LEFT,
            escaped(title)));
    drawAxes(svg, across, up);
    for (Mark mark : marks) {
      double at = up.position.applyAsDouble(mark.y);
      svg.append(
          String.format(
              Locale.ROOT,
              "<path d=\"M%d %.1fH%d\" stroke=\"#888888\" stroke-dasharray=\"2 4\"/>%n"
                  + "<text x=\"%d\" y=\"%.1f\" fill=\"#666666\">%s</text>%n",
              LEFT,
              at,
              WIDTH - RIGHT,
              LEFT + 6,
              at - 4,
              escaped(mark.name)));
    }
    for (int i = 0; i < series.size(); i++) {
      drawLine(svg, series.get(i), i, across, up);
    }
    return svg.append("</svg>\n").toString();
  }

  private void drawAxes(StringBuilder svg, Scale across, Scale up) {
    int bottom = HEIGHT - BOTTOM;
    int right = WIDTH - RIGHT;
    for (double tick : across.ticks) {
      double at = across.position.applyAsDouble(tick);
      svg.append(
          String.format(
              Locale.ROOT,
              "<path d=\"M%.1f %dV%d\" stroke=\"#e4e4e4\"/>%n"
                  + "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
              at,
              TOP,
              bottom,
              at,
              bottom + 17,
              number(tick)));
    }
    for (double tick : up.ticks) {
      double at = up.position.applyAsDouble(tick);
      svg.append(
          String.format(
              Locale.ROOT,
              "<path d=\"M%d %.1fH%d\" stroke=\"#e4e4e4\"/>%n"
                  + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
              LEFT,
              at,
              right,
              LEFT - 8,
              at + 4,
              number(tick)));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<path d=\"M%d %dV%dH%d\" stroke=\"#444444\" fill=\"none\"/>%n"
                + "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n"
                + "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n",
            LEFT,
            TOP,
            bottom,
            right,
            (LEFT + right) / 2,
            HEIGHT - 12,
            escaped(x.label),
            (TOP + bottom) / 2,
            escaped(y.label)));
  }

  private void drawLine(StringBuilder svg, Series line, int index, Scale across, Scale up) {
    String colour = COLOURS.get(index % COLOURS.size());
    List<Point> points = drawable(line);
    StringBuilder path = new StringBuilder();
    for (Point point : points) {
      path.append(
          String.format(
              Locale.ROOT,
              "%s%.1f %.1f",
              path.isEmpty() ? "M" : "L",
              across.position.applyAsDouble(point.x),
              up.position.applyAsDouble(point.y)));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<path d=\"%s\" stroke=\"%s\" stroke-width=\"2\" fill=\"none\"%s/>%n",
            path,
            colour,
            line.dashed ? " stroke-dasharray=\"6 4\"" : ""));
    for (Point point : points) {
      svg.append(
          mark(
              index,
              across.position.applyAsDouble(point.x),
              up.position.applyAsDouble(point.y),
              colour));
    }
    int legend = TOP + 14 + 20 * index;
    svg.append(mark(index, WIDTH - RIGHT + 20, legend - 4, colour));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\">%s</text>%n",
            WIDTH - RIGHT + 32,
            legend,
            escaped(line.name)));
  }

  private static String mark(int index, double x, double y, String colour) {
    return switch (index % 3) {
      case 0 ->
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>%n",
              x,
              y,
              colour);
      case 1 ->
          String.format(
              Locale.ROOT,
              "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"/>%n",
              x - 3.5,
              y - 3.5,
              colour);
      default ->
          String.format(
              Locale.ROOT, "<path d=\"M%.1f %.1fl4 7h-8z\" fill=\"%s\"/>%n", x, y - 4, colour);
    };
  }

  private List<Point> drawable(Series line) {
    return line.points.stream()
        .filter(point -> isDrawable(point.x, x) && isDrawable(point.y, y))
        .toList();
  }

  private static boolean isDrawable(double value, Axis axis) {
    return Double.isFinite(value) && (!axis.log || value > 0);
  }

  private record Scale(DoubleUnaryOperator position, List<Double> ticks) {}

  private Scale scale(Axis axis, boolean isVertical) {
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (Series line : series) {
      for (Point point : drawable(line)) {
        double value = isVertical ? point.y : point.x;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    if (isVertical) {
      for (Mark mark : marks) {
        most = Math.max(most, mark.y);
      }
    }
    if (most < least) {
      least = 1;
      most = 10;
    }
    List<Double> ticks = new ArrayList<>();
    double from;
    double to;
    if (axis.log) {
      for (double tick = Math.pow(10, Math.floor(Math.log10(least)));
          tick < most * 10;
          tick *= 10) {
        ticks.add(tick);
      }
      from = Math.log10(ticks.get(0));
      to = Math.log10(ticks.get(ticks.size() - 1));
    } else {
      double step = step(Math.max(most, 1e-9) / TICKS);
      for (double tick = 0; tick < most + step; tick += step) {
        ticks.add(tick);
      }
      from = 0;
      to = ticks.get(ticks.size() - 1);
    }
    double start = isVertical ? HEIGHT - BOTTOM : LEFT;
    double length = isVertical ? TOP + BOTTOM - HEIGHT : WIDTH - RIGHT - LEFT;
    double low = from;
    double span = Math.max(to - from, 1e-12);
    return new Scale(
        value -> start + length * ((axis.log ? Math.log10(value) : value) - low) / span, ticks);
  }

  /** The next 1, 2 or 5 times a power of ten. */
  private static double step(double least) {
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= least) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String number(double value) {
    if (value >= 1_000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    String text = String.format(Locale.ROOT, "%.3f", value);
    return text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
