package dev.earshot.batch;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaves a thread the time that no other thread wants: the system takes a core from it as soon as
 * anybody else has work. Java's own priorities do not do this: on Linux they are ignored, and a
 * thread of the lowest still keeps its core for some milliseconds.
 *
 * <p>It is the policy {@code SCHED_IDLE} of {@code sched(7)}, which needs no privilege. A thread
 * never leaves it.
 */
final class SpareTime {
  private static final Logger log = LoggerFactory.getLogger(SpareTime.class);

  private static final int SCHED_IDLE = 5;
  private static final int CALLING_THREAD = 0;

  private SpareTime() {}

  /**
   * Puts the calling thread there. Where this cannot be had it stays as it is, and that is said.
   */
  static void enter() {
    if (!Platform.isLinux()) {
      log.info("background work runs at ordinary priority: the system is not Linux");
      return;
    }
    try {
      int failed =
          Function.getFunction(Platform.C_LIBRARY_NAME, "sched_setscheduler")
              .invokeInt(new Object[] {CALLING_THREAD, SCHED_IDLE, new IntByReference(0)});
      if (failed != 0) {
        log.info("background work runs at ordinary priority: error {}", Native.getLastError());
      }
    } catch (LinkageError | RuntimeException e) {
      log.info("background work runs at ordinary priority: {}", e.toString());
    }
  }
}
