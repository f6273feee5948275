package dev.earshot.batch;

import org.jspecify.annotations.Nullable;

/** A job that notes what becomes of it. */
final class TestJob extends Job {
  final String name;
  volatile boolean cancelled;
  volatile @Nullable Drop dropped;

  TestJob(String name, long dueNanos) {
    super(dueNanos, dueNanos);
    this.name = name;
  }

  @Override
  protected boolean isWanted() {
    return !cancelled && dropped == null;
  }

  @Override
  protected void drop(Drop why) {
    dropped = why;
  }

  @Override
  public String toString() {
    return name;
  }
}
