package dev.earshot.app;

import java.nio.charset.Charset;

/**
 * Draws a share as a bar of characters: eighths of a block where the output's character set has
 * them, else hash signs.
 */
record TextBar(boolean blocks) {
  private static final String EIGHTHS = " ▏▎▍▌▋▊▉█";

  /** A bar for what the standard output can show. */
  static TextBar forTerminal() {
    String name = System.getProperty("stdout.encoding", Charset.defaultCharset().name());
    return new TextBar(name.toUpperCase(java.util.Locale.ROOT).startsWith("UTF"));
  }

  /**
   * Draws a bar.
   *
   * @param share 0 to 1; what lies beyond is cut off
   * @param width in characters
   */
  String draw(double share, int width) {
    double clamped = Math.max(0, Math.min(1, share));
    StringBuilder bar = new StringBuilder(width);
    if (blocks) {
      long eighths = Math.round(clamped * width * 8);
      for (int i = 0; i < width; i++) {
        bar.append(EIGHTHS.charAt((int) Math.max(0, Math.min(8, eighths - 8L * i))));
      }
    } else {
      long full = Math.round(clamped * width);
      for (int i = 0; i < width; i++) {
        bar.append(i < full ? '#' : ' ');
      }
    }
    return bar.toString();
  }
}
