package dev.earshot.core;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who gets a core before whom. Java's own priorities do not do this: on Linux they are ignored.
 *
 * <p>Linux shares a core by weights (<i>nice</i>), and asks who has had less than its share when a
 * thread wakes up, when one stops, and at each tick of its clock, up to 4 ms apart. A thread that
 * wakes up takes the core from one that has had more than its share, if it asks for no longer a
 * slice (<i>Earliest Eligible Virtual Deadline First</i>, since 6.6; slices of one's own since
 * 6.12). The lower a thread's weight, the sooner it has had its share: an event loop that wakes up
 * again takes the core from a worker at once, and an answer does not wait for the next batch. Where
 * it has just slept it may still be a little in debt, and then waits for the next tick; the greater
 * its weight beside the worker's, the shorter it is in debt.
 *
 * <p>It is {@code sched_setattr(2)}, and needs no privilege; a thread never goes back. Where it
 * cannot be had all are alike.
 */
public enum Precedence {
  /** Reads what has come in and sends what is done, in short bursts; timers too. */
  EVENT_LOOP(Policy.OTHER, 0, Precedence.SHORTEST_SLICE_NANOS),

  /** Does what a request waits for, for a millisecond or more at a time. */
  WORKER(Policy.OTHER, 10, Precedence.SHORTEST_SLICE_NANOS),

  /**
   * What makes later requests faster, and what can wait: a third of what a worker has of a core
   * that is never free, for code that has to be compiled anew keeps it full by being slow.
   */
  COMPILER(Policy.OTHER, 15, 0),

  /**
   * Gets the time that no other thread wants, and a fortieth of what a worker has of a core that is
   * never free; whoever wakes up takes the core from it at once. For what will serve later: a
   * bundle that is loaded beside the one that serves, what is prepared for a turn to come.
   */
  SPARE_TIME(Policy.IDLE, 0, 0);

  private static final Logger log = LoggerFactory.getLogger(Precedence.class);

  /** The least that the scheduler takes. */
  private static final long SHORTEST_SLICE_NANOS = 100_000;

  private static final int CALLING_THREAD = 0;

  private final Policy policy;
  private final int nice;
  private final long sliceNanos;

  /** Of {@code sched(7)}. */
  private enum Policy {
    OTHER(0),
    IDLE(5);

    private final int number;

    Policy(int number) {
      this.number = number;
    }
  }

  /** {@code struct sched_attr} in its first edition: where its fields are, in bytes. */
  private static final class Attributes {
    static final int BYTES = 48;
    static final int SIZE = 0;
    static final int POLICY = 4;
    static final int NICE = 16;
    static final int RUNTIME = 24;

    private Attributes() {}
  }

  Precedence(Policy policy, int nice, long sliceNanos) {
    this.policy = policy;
    this.nice = nice;
    this.sliceNanos = sliceNanos;
  }

  /** Gives it to the calling thread. */
  public void enter() {
    boolean unused = give(CALLING_THREAD);
  }

  /**
   * Gives it to a thread of this process.
   *
   * @param thread as the kernel counts them
   * @return whether it has it
   */
  boolean give(int thread) {
    long call = schedSetAttr();
    if (call < 0) {
      return false;
    }
    try (Memory attributes = new Memory(Attributes.BYTES)) {
      attributes.clear();
      attributes.setInt(Attributes.SIZE, Attributes.BYTES);
      attributes.setInt(Attributes.POLICY, policy.number);
      attributes.setInt(Attributes.NICE, nice);
      attributes.setLong(Attributes.RUNTIME, sliceNanos);
      int failed =
          Function.getFunction(Platform.C_LIBRARY_NAME, "syscall")
              .invokeInt(new Object[] {new NativeLong(call), thread, attributes, 0});
      if (failed != 0) {
        log.info("{}: a thread keeps its priority: error {}", this, Native.getLastError());
      }
      return failed == 0;
    } catch (LinkageError | RuntimeException e) {
      log.info("{}: a thread keeps its priority: {}", this, e.toString());
      return false;
    }
  }

  /** The number of the system call, for which the C library has no name; −1: not known here. */
  private static long schedSetAttr() {
    if (!Platform.isLinux() || !Platform.is64Bit()) {
      return -1;
    }
    return Platform.isIntel() ? 314 : Platform.isARM() ? 274 : -1;
  }
}
