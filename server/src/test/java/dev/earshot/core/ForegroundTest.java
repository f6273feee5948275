package dev.earshot.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ForegroundTest {
  private final Foreground foreground = new Foreground(2);
  private final CompletableFuture<Void> first = new CompletableFuture<>();
  private final CompletableFuture<Void> second = new CompletableFuture<>();

  @Test
  void leavesACoreWhileFewerRequestsAreUnderWayThanThereAreCores() {
    assertThat(foreground.leavesACore()).isTrue();
    foreground.add(first);
    assertThat(foreground.leavesACore()).isTrue();
    foreground.add(second);
    assertThat(foreground.leavesACore()).isFalse();
  }

  @Test
  void forgetsWhatIsAnsweredFailedOrNotWantedAnyMore() {
    foreground.add(first);
    foreground.add(second);
    first.complete(null);
    assertThat(foreground.leavesACore()).isTrue();

    foreground.add(new CompletableFuture<>());
    assertThat(foreground.leavesACore()).isFalse();
    second.completeExceptionally(new IllegalStateException());
    assertThat(foreground.leavesACore()).isTrue();

    CompletableFuture<Void> third = new CompletableFuture<>();
    foreground.add(third);
    third.cancel(false);
    assertThat(foreground.leavesACore()).isTrue();
  }
}
