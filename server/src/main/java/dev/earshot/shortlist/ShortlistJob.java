package dev.earshot.shortlist;

import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Refusal;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Workspace.WeightedTexts;
import java.util.concurrent.CompletableFuture;

/**
 * A request on its way through a worker.
 *
 * @param enqueuedNanos when it was queued, by the budget's clock
 */
record ShortlistJob(
    WeightedTexts texts,
    EnabledSkills user,
    int maxSkills,
    Degradation degradation,
    Budget budget,
    long tokenizeNanos,
    long profileNanos,
    long enqueuedNanos,
    CompletableFuture<Shortlist> answer) {

  /** Whether there is still a point in running it; if not, it is completed. */
  boolean isWorthRunning() {
    if (answer.isDone()) {
      return false;
    }
    if (budget.isSpent()) {
      answer.completeExceptionally(
          new Refusal(Refusal.Reason.DEADLINE, "the budget ended before the request was run"));
      return false;
    }
    return true;
  }
}
