package dev.earshot.perf.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.perf.load.Timeline.Window;
import org.junit.jupiter.api.Test;

final class TimelineTest {
  @Test
  void cutsAPhaseByWhenRequestsWereDue() {
    Timeline timeline = new Timeline();
    timeline.answered(1_000_000, 250_000);
    timeline.answered(99_000_000, 750_000);
    timeline.answered(100_000_000, 2_000_000);
    timeline.refused(150_000_000);

    Window[] windows = timeline.windows(100);

    assertThat(windows).containsExactly(new Window(0, 2, 750, 1), new Window(100, 2, 2_000, 0.5));
  }

  @Test
  void aLostRequestMakesItsWindowEndless() {
    Timeline timeline = new Timeline();
    timeline.answered(0, 1_000);
    timeline.lost(1_000_000);
    assertThat(timeline.windows(100)[0].p99Us()).isInfinite();
  }
}
