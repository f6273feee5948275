package dev.earshot.perf.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process that ends with this JVM, at the latest: it and all that it has started are killed when
 * this JVM shuts down, also by SIGINT or SIGTERM. Nothing can be done about SIGKILL.
 *
 * <p>Thread-safe.
 */
final class BoundProcess {
  /** What SIGKILL has ended is gone as soon as the kernel comes to it. */
  private static final long GONE_SECONDS = 5;

  private final Process process;
  private final Thread hook;

  private BoundProcess(Process process, Thread hook) {
    this.process = process;
    this.hook = hook;
  }

  /**
   * Starts one.
   *
   * @param work is gone with it, if this JVM shuts down
   * @throws IOException if it cannot be started, also since this JVM shuts down
   */
  static BoundProcess start(ProcessBuilder builder, @Nullable WorkFolder work) throws IOException {
    Starter starter = new Starter(builder, work);
    Thread hook = new Thread(starter::end, "process-end");
    try {
      // Before there is a process: a signal may come at any time.
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      throw new IOException("nothing is started while the JVM shuts down", e);
    }
    boolean started = false;
    try {
      BoundProcess bound = new BoundProcess(starter.start(), hook);
      started = true;
      return bound;
    } finally {
      if (!started) {
        removeHook(hook);
      }
    }
  }

  Process process() {
    return process;
  }

  /** Kills it and all that it has started. */
  void kill() {
    kill(process);
  }

  /** It may outlive this JVM from now on, or has ended. */
  void release() {
    removeHook(hook);
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static void removeHook(Thread hook) {
    try {
      boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM shuts down, and the hook does its work.
    }
  }

  /** Either starts the process, or is too late. */
  private static final class Starter {
    private final ProcessBuilder builder;
    private final @Nullable WorkFolder work;
    private @Nullable Process process;
    private boolean ended;

    Starter(ProcessBuilder builder, @Nullable WorkFolder work) {
      this.builder = builder;
      this.work = work;
    }

    synchronized Process start() throws IOException {
      if (ended) {
        throw new IOException("nothing is started while the JVM shuts down");
      }
      Process begun = builder.start();
      process = begun;
      return begun;
    }

    synchronized void end() {
      ended = true;
      if (process == null) {
        return;
      }
      kill(process);
      try {
        if (process.waitFor(GONE_SECONDS, TimeUnit.SECONDS) && work != null) {
          work.close();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException | UncheckedIOException e) {
        // Whoever closes the server at the same time removes it too; what is left is temporary.
      }
    }
  }
}
