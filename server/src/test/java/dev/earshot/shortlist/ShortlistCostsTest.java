package dev.earshot.shortlist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Ticker;
import dev.earshot.model.LoadReport.WarmShape;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace.WeightedTexts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ShortlistCostsTest {
  private static final int BATCH_MAX = 16;
  private static final long US = 1_000;

  private final Ticker ticker = () -> Duration.ofHours(1).toNanos();

  @Test
  void aRequestsShareIsThatOfTheLargestBatchWhereThatIsShortEnough() {
    // A run takes 300 µs, a request 60 µs more; handing over as before any answer: 12 + 18 µs.
    ShortlistCosts costs = costs(300, 60, 100_000 * US);

    assertThat(costs.share(job())).isCloseTo((312 + 16 * 78) * US / 16, within(US));
  }

  @Test
  void aRequestsShareIsThatOfTheLargestBatchThatIsPlanned() {
    // Four requests fill the planned run.
    ShortlistCosts costs = costs(300, 600, (312 + 4 * 618) * US);

    assertThat(costs.share(job())).isCloseTo((312 + 4 * 618) * US / 4, within(US));
  }

  @Test
  void aRequestThatFillsARunAloneIsItsOwnShare() {
    ShortlistCosts costs = costs(300, 6_000, 1_000 * US);

    assertThat(costs.share(job())).isCloseTo((312 + 6_018) * US, within(US));
  }

  /** Stages whose times add up to a line: encoding takes a third, attention and classifying too. */
  private ShortlistCosts costs(long runMicros, long requestMicros, long plannedRunNanos) {
    List<WarmShape> warm = new ArrayList<>();
    for (String graph : List.of("encode", "attend", "classify")) {
      for (int batch : new int[] {1, 16}) {
        long nanos = (runMicros + batch * requestMicros) * US / 3;
        int words = graph.equals("encode") ? 8 : 0;
        int enabled = graph.equals("encode") ? 0 : 8;
        warm.add(new WarmShape(graph, batch, words, enabled, nanos, nanos));
      }
    }
    return new ShortlistCosts(warm, BATCH_MAX, plannedRunNanos, ticker);
  }

  private ShortlistJob job() {
    return new ShortlistJob(
        WeightedTexts.of(new Tokens(new int[] {3, 4, 5}, List.of())),
        5,
        Budget.startingNow(ticker, Duration.ofMillis(15)),
        0,
        0,
        new CompletableFuture<>());
  }
}
