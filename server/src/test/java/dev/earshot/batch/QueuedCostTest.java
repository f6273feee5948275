package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QueuedCostTest {
  private static final long MS = 1_000_000;
  private static final long NOW = Long.MAX_VALUE - 3 * MS;

  private final QueuedCost cost = new QueuedCost();

  @Test
  void sumsWhatIsDueBefore() {
    add(5, 100);
    add(10, 10);
    Job late = add(60_000, 1);

    assertThat(before(2)).isZero();
    assertThat(before(7)).isEqualTo(100);
    assertThat(before(15)).isEqualTo(110);
    assertThat(before(100_000)).isEqualTo(111);

    cost.remove(late);
    assertThat(before(100_000)).isEqualTo(110);
  }

  @Test
  void whatIsOverdueIsAheadOfAll() {
    add(-50, 7);

    assertThat(before(1)).isEqualTo(7);
  }

  private Job add(long dueMillis, long nanos) {
    TestJob job = new TestJob("job", NOW + dueMillis * MS);
    job.costNanos = nanos;
    cost.add(job, NOW);
    return job;
  }

  private long before(long millis) {
    return cost.before(NOW + millis * MS, NOW);
  }
}
