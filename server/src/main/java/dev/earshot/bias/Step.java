package dev.earshot.bias;

import dev.earshot.batch.Job;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A short piece of work for a worker. */
final class Step extends Job {
  private final long expectedNanos;
  private final BooleanSupplier wanted;
  private final Runnable work;
  private final Consumer<Drop> dropped;

  /**
   * @param expectedNanos what it is expected to take
   * @param dropped called where it is not done
   */
  Step(
      long dueNanos,
      long expiryNanos,
      long expectedNanos,
      BooleanSupplier wanted,
      Runnable work,
      Consumer<Drop> dropped) {
    super(dueNanos, expiryNanos);
    this.expectedNanos = expectedNanos;
    this.wanted = wanted;
    this.work = work;
    this.dropped = dropped;
  }

  long expectedNanos() {
    return expectedNanos;
  }

  void run() {
    work.run();
  }

  @Override
  protected boolean isWanted() {
    return wanted.getAsBoolean();
  }

  @Override
  protected void drop(Drop why) {
    dropped.accept(why);
  }
}
