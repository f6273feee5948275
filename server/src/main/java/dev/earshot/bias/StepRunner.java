package dev.earshot.bias;

import dev.earshot.batch.BatchPlan;
import dev.earshot.batch.BatchRunner;
import java.util.List;

/** Runs steps one after the other. They are short, and cannot be ended from outside. */
final class StepRunner implements BatchRunner<Step> {
  private final Plan plan = new Plan();

  @Override
  public BatchPlan<Step> plan() {
    return plan;
  }

  @Override
  public void run(List<Step> steps, Runnable computed) {
    steps.forEach(Step::run);
  }

  @Override
  public boolean terminate() {
    return false;
  }

  @Override
  public void resume() {}

  @Override
  public void close() {}

  private static final class Plan implements BatchPlan<Step> {
    private static final int BOUND = 2;

    private long expected;

    @Override
    public void clear() {
      expected = 0;
    }

    @Override
    public void add(Step step) {
      expected += step.expectedNanos();
    }

    @Override
    public long expectedWith(Step step) {
      return expected + step.expectedNanos();
    }

    @Override
    public long boundWith(Step step) {
      return BOUND * expectedWith(step);
    }

    @Override
    public long expected() {
      return expected;
    }

    @Override
    public long bound() {
      return BOUND * expected;
    }
  }
}
