package dev.earshot.bias;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The byte strings that were written last, outside the Java heap, where no collector has to look at
 * them: a ring, in which what is written overwrites what was written longest ago.
 *
 * <p>Thread-safe. Readers wait for nobody: they copy, and look afterwards whether what they copied
 * was being overwritten. Writers wait for each other only while one reserves its place, since the
 * copying may be done by a thread that loses its core to all others.
 */
final class ByteRing {
  /** Instead of a position: it was not written. */
  static final long NOWHERE = -1;

  private final ByteBuffer memory;
  private final int capacity;

  /** Where writers are that have a place and are not done. Guarded by this. */
  private final TreeSet<Long> unfinished = new TreeSet<>();

  /** Behind what was written last; positions count on through all rounds. Guarded by this. */
  private long head;

  /** What begins before this is overwritten, or is about to be. */
  private volatile long oldest;

  /**
   * @param capacity bytes, all of which are taken at once
   */
  ByteRing(int capacity) {
    this.memory = ByteBuffer.allocateDirect(capacity);
    this.capacity = capacity;
  }

  /**
   * Writes bytes.
   *
   * @return their position; {@link #NOWHERE} where they are more than fit, or where a writer of the
   *     round before still writes in their place
   */
  long write(byte[] bytes) {
    long position = reserve(bytes.length);
    if (position != NOWHERE) {
      memory.put((int) (position % capacity), bytes);
      finish(position);
    }
    return position;
  }

  private synchronized long reserve(int length) {
    if (length > capacity) {
      return NOWHERE;
    }
    long position = head;
    int offset = (int) (position % capacity);
    if (offset + (long) length > capacity) {
      // A string lies in one piece: what is left of the round stays empty.
      position += capacity - offset;
    }
    long overwritten = position + length - capacity;
    if (!unfinished.isEmpty() && unfinished.first() < overwritten) {
      return NOWHERE;
    }
    unfinished.add(position);
    head = position + length;
    if (overwritten > oldest) {
      oldest = overwritten;
    }
    // Readers learn of it before the first byte is overwritten.
    VarHandle.storeStoreFence();
    return position;
  }

  private synchronized void finish(long position) {
    unfinished.remove(position);
  }

  /** Whether what was written at a position is still there. */
  boolean holds(long position) {
    return position >= oldest;
  }

  /** A copy of what was written at a position; null: it is overwritten. */
  byte @Nullable [] read(long position, int length) {
    if (!holds(position)) {
      return null;
    }
    byte[] copy = new byte[length];
    memory.get((int) (position % capacity), copy);
    VarHandle.loadLoadFence();
    return holds(position) ? copy : null;
  }
}
