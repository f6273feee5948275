package dev.earshot.batch;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a thread that requests wait for take a core from others as soon as it has work, from those
 * of lower priority above all, which keep theirs for some milliseconds otherwise. It gets no more
 * of the core than before, but in shorter slices.
 *
 * <p>It is the custom slice of Linux's scheduler from 6.12 on (<i>Complete EEVDF</i>, {@code
 * sched_setattr(2)}), which needs no privilege. Older ones do not mind it.
 */
public final class ShortSlices {
  private static final Logger log = LoggerFactory.getLogger(ShortSlices.class);

  /** The least that the scheduler takes. */
  private static final long SLICE_NANOS = 100_000;

  private static final int CALLING_THREAD = 0;

  /** {@code struct sched_attr} in its first edition: where its fields are, in bytes. */
  private static final int ATTRIBUTES_BYTES = 48;

  private static final int SIZE_OFFSET = 0;
  private static final int RUNTIME_OFFSET = 24;

  private ShortSlices() {}

  /** Asks for them for the calling thread. Where they cannot be had it stays as it is. */
  public static void enter() {
    long call = schedSetAttr();
    if (call < 0) {
      return;
    }
    try (Memory attributes = new Memory(ATTRIBUTES_BYTES)) {
      // Zeros are the ordinary policy at the ordinary priority.
      attributes.clear();
      attributes.setInt(SIZE_OFFSET, ATTRIBUTES_BYTES);
      attributes.setLong(RUNTIME_OFFSET, SLICE_NANOS);
      int failed =
          Function.getFunction(Platform.C_LIBRARY_NAME, "syscall")
              .invokeInt(new Object[] {new NativeLong(call), CALLING_THREAD, attributes, 0});
      if (failed != 0) {
        log.debug("a thread keeps its slices: error {}", Native.getLastError());
      }
    } catch (LinkageError | RuntimeException e) {
      log.debug("a thread keeps its slices: {}", e.toString());
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
