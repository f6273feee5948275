package dev.earshot.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MicroBatcherTest {
  /** A runner that holds its worker until it is let go, and notes each batch. */
  private static final class Gate implements BatchRunner<Integer> {
    final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch started = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);
    volatile boolean closed;

    @Override
    public void run(List<Integer> jobs) {
      batches.add(List.copyOf(jobs));
      started.countDown();
      try {
        assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      if (jobs.contains(-1)) {
        throw new IllegalStateException("a job that fails");
      }
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private final Gate gate = new Gate();

  @Test
  void whatWaitsWhileTheWorkerIsBusyIsTheNextBatch() throws Exception {
    try (MicroBatcher<Integer> batcher = new MicroBatcher<>("test", 1, 3, 10, () -> gate)) {
      batcher.offer(0);
      gate.started.await();
      for (int job = 1; job <= 4; job++) {
        assertThat(batcher.offer(job)).isTrue();
      }
      gate.go.countDown();
    }

    assertThat(gate.batches).containsExactly(List.of(0), List.of(1, 2, 3), List.of(4));
    assertThat(gate.closed).isTrue();
  }

  @Test
  void refusesMoreThanMayWaitAndAllOnceClosed() throws Exception {
    MicroBatcher<Integer> batcher = new MicroBatcher<>("test", 1, 1, 2, () -> gate);
    batcher.offer(0);
    gate.started.await();

    assertThat(batcher.offer(1)).isTrue();
    assertThat(batcher.offer(2)).isTrue();
    assertThat(batcher.offer(3)).isFalse();
    assertThat(batcher.waiting()).isEqualTo(2);

    gate.go.countDown();
    batcher.close();
    assertThat(batcher.offer(4)).isFalse();
    assertThat(gate.batches).containsExactly(List.of(0), List.of(1), List.of(2));
  }

  @Test
  void aBatchThatFailsDoesNotStopTheWorker() {
    gate.go.countDown();
    try (MicroBatcher<Integer> batcher = new MicroBatcher<>("test", 1, 1, 10, () -> gate)) {
      batcher.offer(-1);
      batcher.offer(7);
    }

    assertThat(gate.batches).containsExactly(List.of(-1), List.of(7));
  }
}
