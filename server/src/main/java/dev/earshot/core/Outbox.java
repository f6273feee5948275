package dev.earshot.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a thread has to send by event loops, kept until all of it is there. An event loop that wakes
 * up {@linkplain Precedence takes the core} from the thread that woke it: were the answers of a
 * batch sent one after the other, each would cost a turn of the loop and a write of its own. Sent
 * together, those on one connection go out in one write.
 *
 * <p>One for each thread. What is sent by a thread whose outbox is closed goes out at once.
 */
public final class Outbox implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Outbox.class);

  private static final ThreadLocal<@Nullable Executor> HOME = new ThreadLocal<>();
  private static final ThreadLocal<Outbox> OF_THREAD = ThreadLocal.withInitial(Outbox::new);

  private final List<Executor> homes = new ArrayList<>();
  private final List<Runnable> tasks = new ArrayList<>();
  private boolean isOpen;

  private Outbox() {}

  /** Says that the calling thread is an event loop, and runs what that executor is given. */
  public static void isHome(Executor loop) {
    HOME.set(loop);
  }

  /** The event loop that the calling thread is; null: it is none. */
  public static @Nullable Executor home() {
    return HOME.get();
  }

  /** Opens the calling thread's, which is closed. */
  public static Outbox open() {
    Outbox outbox = OF_THREAD.get();
    if (outbox.isOpen) {
      throw new IllegalStateException("open already");
    }
    outbox.isOpen = true;
    return outbox;
  }

  /**
   * Runs a task that sends: at once, or by its event loop when the calling thread's outbox closes.
   *
   * @param home where it is to run; null: anywhere
   */
  public static void send(@Nullable Executor home, Runnable task) {
    Outbox outbox = OF_THREAD.get();
    if (home == null || !outbox.isOpen) {
      task.run();
      return;
    }
    outbox.homes.add(home);
    outbox.tasks.add(task);
  }

  /** Sends what was kept: a single task from here, several by their event loops. */
  @Override
  public void close() {
    isOpen = false;
    if (tasks.size() == 1) {
      run(tasks.get(0));
    } else {
      for (int i = 0; i < tasks.size(); i++) {
        if (homes.indexOf(homes.get(i)) == i) {
          sendAllOf(homes.get(i));
        }
      }
    }
    homes.clear();
    tasks.clear();
  }

  private void sendAllOf(Executor home) {
    List<Runnable> all = new ArrayList<>(tasks.size());
    for (int i = 0; i < tasks.size(); i++) {
      if (homes.get(i).equals(home)) {
        all.add(tasks.get(i));
      }
    }
    try {
      home.execute(() -> all.forEach(Outbox::run));
    } catch (RejectedExecutionException e) {
      // It has ended, and its connections with it; whoever counts the answers still wants them.
      all.forEach(Outbox::run);
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("an answer could not be sent", e);
    }
  }
}
