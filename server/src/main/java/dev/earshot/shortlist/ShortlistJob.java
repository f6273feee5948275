package dev.earshot.shortlist;

import dev.earshot.batch.Job;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Refusal;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way through the workers. One whose user is known goes through all stages at
 * once. One whose profile is still awaited is encoded meanwhile and then waits, encoded, until it
 * is {@linkplain #resolve resolved}, by the profile or by whoever decides to do without.
 */
final class ShortlistJob extends Job {
  private static final int MOST_TERMINATIONS = 2;

  private final WeightedTexts texts;
  private final int wordBucket;
  private final int maxSkills;
  private final Budget budget;
  private final long tokenizeNanos;
  private final CompletableFuture<Shortlist> answer;

  /** Guarded by this, as all that follows. */
  private @Nullable EnabledSkills user;

  private Degradation degradation = Degradation.NONE;

  /** The encoded texts, while the profile is awaited. */
  private float @Nullable [] vector;

  private boolean waitsEncoded;
  private int terminations;
  private long queuedNanos;
  private long waitingSinceNanos;
  private long queueNanos;
  private long profileNanos;
  private long encodeNanos;

  /**
   * @param sendingNanos what the answer may take to its caller once it is made
   */
  ShortlistJob(
      WeightedTexts texts,
      int maxSkills,
      Budget budget,
      long sendingNanos,
      long tokenizeNanos,
      CompletableFuture<Shortlist> answer) {
    super(budget.deadlineNanos() - sendingNanos, budget.deadlineNanos());
    this.texts = texts;
    this.wordBucket = ShortlistCosts.bucketOfWords(texts.longest());
    this.maxSkills = maxSkills;
    this.budget = budget;
    this.tokenizeNanos = tokenizeNanos;
    this.answer = answer;
  }

  WeightedTexts texts() {
    return texts;
  }

  int wordBucket() {
    return wordBucket;
  }

  int maxSkills() {
    return maxSkills;
  }

  Budget budget() {
    return budget;
  }

  CompletableFuture<Shortlist> answer() {
    return answer;
  }

  /**
   * Settles whose skills count; the first one to settle it wins.
   *
   * @return whether the job waits, encoded, and is to be queued now
   */
  synchronized boolean resolve(EnabledSkills skills, Degradation missing) {
    if (user != null) {
      return false;
    }
    user = skills;
    degradation = missing;
    if (!waitsEncoded) {
      return false;
    }
    waitsEncoded = false;
    profileNanos += budget.ticker().nanoTime() - waitingSinceNanos;
    return true;
  }

  /**
   * After its run was terminated: makes it one of the context-free kind.
   *
   * @return false if this has happened too often
   */
  synchronized boolean retreat(Degradation missing) {
    if (++terminations > MOST_TERMINATIONS) {
      return false;
    }
    if (user == null || user.count() > 0) {
      user = EnabledSkills.NONE;
      degradation = missing;
    }
    return true;
  }

  synchronized boolean isResolved() {
    return user != null;
  }

  synchronized EnabledSkills user() {
    if (user == null) {
      throw new IllegalStateException("not resolved");
    }
    return user;
  }

  synchronized int enabledCount() {
    return user == null ? 0 : user.count();
  }

  synchronized boolean isToBeEncoded() {
    return vector == null;
  }

  synchronized float[] vector() {
    if (vector == null) {
      throw new IllegalStateException("not encoded");
    }
    return vector;
  }

  synchronized Degradation degradation() {
    return degradation;
  }

  synchronized void queued(long nowNanos) {
    queuedNanos = nowNanos;
  }

  synchronized void begun(long nowNanos) {
    queueNanos += nowNanos - queuedNanos;
  }

  /**
   * Notes that it was encoded as a row of a workspace. If its user is not known yet, keeps the
   * vector and waits.
   *
   * @return whether its user is known, so that it goes on
   */
  synchronized boolean encoded(Workspace workspace, int row, long nanos, long nowNanos) {
    encodeNanos = nanos;
    if (user != null) {
      return true;
    }
    vector = new float[workspace.dimension()];
    workspace.readVector(row, vector);
    waitsEncoded = true;
    waitingSinceNanos = nowNanos;
    return false;
  }

  synchronized Shortlist.StageTimes times(
      long attendNanos, long classifyNanos, int batch, long expectedNanos) {
    return new Shortlist.StageTimes(
        queueNanos,
        profileNanos,
        encodeNanos + tokenizeNanos,
        attendNanos,
        classifyNanos,
        budget.elapsedNanos(),
        batch,
        expectedNanos);
  }

  @Override
  protected boolean isWanted() {
    return !answer.isDone();
  }

  @Override
  protected void drop(Drop why) {
    answer.completeExceptionally(
        switch (why) {
          case EXPIRED ->
              new Refusal(Refusal.Reason.DEADLINE, "the budget ended before the answer");
          case TOO_LATE -> Refusal.overload("what was waiting took longer than foreseen", 0, false);
          case FAILED -> new IllegalStateException("its batch failed");
        });
  }
}
