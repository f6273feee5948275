package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private final AtomicLong clock = new AtomicLong();
  private final StringWriter err = new StringWriter();

  @Test
  void printsALineNowAndThenWhereThereIsNoTerminal() {
    run(bar(false), 100, Duration.ofMillis(250));
    // One each ten seconds, and one at the end.
    assertThat(err.toString().lines())
        .hasSize(3)
        .first()
        .asString()
        .isEqualTo("rows                         40 of 100 (4/s, 15 s left)");
    assertThat(err.toString()).doesNotContain("\r", "\u001b").contains("100 of 100 (4/s, 25.0 s)");
  }

  @Test
  void redrawsABarOnATerminal() {
    run(bar(true), 4, Duration.ofMillis(250));
    assertThat(err.toString()).startsWith("\r#######").contains("\r" + "#".repeat(30) + " rows");
    assertThat(err.toString().split("\r")).hasSize(6);
  }

  @Test
  void drawsSharesInEighths() {
    assertThat(new TextBar(true).draw(0.5, 4)).isEqualTo("██  ");
    assertThat(new TextBar(true).draw(0.3, 4)).isEqualTo("█▎  ");
    assertThat(new TextBar(false).draw(0.5, 4)).isEqualTo("##  ");
    assertThat(new TextBar(true).draw(7, 2)).isEqualTo("██");
  }

  private ProgressBar bar(boolean terminal) {
    return new ProgressBar(new PrintWriter(err), terminal, new TextBar(false), clock::get);
  }

  private void run(ProgressBar bar, int steps, Duration each) {
    bar.begin("rows", steps);
    for (int i = 0; i < steps; i++) {
      clock.addAndGet(each.toNanos());
      bar.step();
    }
    bar.end();
  }
}
