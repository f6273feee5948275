package dev.earshot.search;

/**
 * Places in long work where the JVM may stop its thread. A garbage collection begins when every
 * thread has come to one, requests waiting meanwhile, and a compiled loop over an array has none:
 * what loads a bundle beside the one that serves would hold them up for as long as a loop over all
 * its rows takes.
 *
 * <p>HotSpot can be told to make places in loops ({@code UseCountedLoopSafepoints}), but then makes
 * them in those of a request, too.
 */
public final class Pauses {
  /** Steps from one to the next, a power of two. */
  private static final int STEPS = 64;

  private Pauses() {}

  /**
   * Is one now and then.
   *
   * @param step the number of a step that takes microseconds at most
   */
  @SuppressWarnings("ThreadPriorityCheck") // For the call's own sake: none else is as cheap.
  public static void between(int step) {
    if (step % STEPS == 0) {
      Thread.yield();
    }
  }
}
