package dev.earshot.deadline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RefusalTest {
  private final Refusal refusal = Refusal.overload("too much", 1_000, false);

  @Test
  void isWrappedByNoFutureThatDependsOnARefusedOne() {
    CompletableFuture<String> answer = new CompletableFuture<>();
    AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
    CompletableFuture<String> dependent =
        answer.whenComplete((text, failure) -> {}).thenApply(text -> text + "!");
    var unused = dependent.whenComplete((text, failure) -> told.set(failure));

    answer.completeExceptionally(refusal);

    assertThat(told.get()).isSameAs(refusal);
  }

  @Test
  void hasNoStack() {
    assertThat(refusal.getStackTrace()).isEmpty();
  }
}
