package dev.earshot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private final List<String> sent = new ArrayList<>();
  private final List<Runnable> ofLoop = new ArrayList<>();
  private final List<Runnable> ofOther = new ArrayList<>();
  private final Executor loop = ofLoop::add;
  private final Executor other = ofOther::add;

  @Test
  void whatIsKeptReachesEachEventLoopAsOneTask() {
    try (Outbox unused = Outbox.open()) {
      Outbox.send(loop, () -> sent.add("a"));
      Outbox.send(other, () -> sent.add("b"));
      Outbox.send(loop, () -> sent.add("c"));
      assertThat(ofLoop).isEmpty();
    }

    assertThat(sent).isEmpty();
    assertThat(ofLoop).hasSize(1);
    assertThat(ofOther).hasSize(1);
    ofLoop.get(0).run();
    assertThat(sent).containsExactly("a", "c");
    ofOther.get(0).run();
    assertThat(sent).containsExactly("a", "c", "b");
  }

  @Test
  void oneAloneIsSentWithoutATurnOfTheLoop() {
    try (Outbox unused = Outbox.open()) {
      Outbox.send(loop, () -> sent.add("a"));
      assertThat(sent).isEmpty();
    }

    assertThat(sent).containsExactly("a");
    assertThat(ofLoop).isEmpty();
  }

  @Test
  void isSentAtOnceWhereNothingIsKeptOrThereIsNoLoop() {
    Outbox.send(loop, () -> sent.add("closed"));
    try (Outbox unused = Outbox.open()) {
      Outbox.send(null, () -> sent.add("no loop"));
      assertThat(sent).containsExactly("closed", "no loop");
    }
    Outbox.send(loop, () -> sent.add("closed again"));

    assertThat(sent).containsExactly("closed", "no loop", "closed again");
    assertThat(ofLoop).isEmpty();
  }

  @Test
  void whatFailsKeepsNoOtherFromBeingSent() {
    try (Outbox unused = Outbox.open()) {
      Outbox.send(loop, () -> sent.add("a"));
      Outbox.send(
          loop,
          () -> {
            throw new IllegalStateException("its connection is gone");
          });
      Outbox.send(loop, () -> sent.add("c"));
    }
    ofLoop.get(0).run();

    assertThat(sent).containsExactly("a", "c");
  }

  @Test
  void whatALoopThatHasEndedDoesNotTakeIsSentByTheSender() {
    Executor ended =
        task -> {
          throw new RejectedExecutionException("shut down");
        };
    try (Outbox unused = Outbox.open()) {
      Outbox.send(ended, () -> sent.add("a"));
      Outbox.send(ended, () -> sent.add("b"));
    }

    assertThat(sent).containsExactly("a", "b");
  }

  @Test
  void isNotOpenedTwiceAndKeepsNothingOfLastTime() {
    try (Outbox unused = Outbox.open()) {
      assertThatThrownBy(Outbox::open).isInstanceOf(IllegalStateException.class);
      Outbox.send(loop, () -> sent.add("a"));
      Outbox.send(loop, () -> sent.add("b"));
    }
    try (Outbox unused = Outbox.open()) {
      Outbox.send(other, () -> sent.add("c"));
    }

    assertThat(sent).containsExactly("c");
    assertThat(ofLoop).hasSize(1);
    assertThat(ofOther).isEmpty();
  }

  @Test
  void aLoopIsHomeToItsOwnThreadAlone() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      AtomicReference<Executor> home = new AtomicReference<>();
      thread.submit(() -> Outbox.isHome(thread)).get();
      thread.submit(() -> home.set(Outbox.home())).get();

      assertThat(home).hasValue(thread);
      assertThat(Outbox.home()).isNull();
    } finally {
      thread.shutdownNow();
    }
  }
}
