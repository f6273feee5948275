package dev.earshot.grpc;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An event loop's input, left where it is for a moment while nobody could begin with it: what comes
 * in meanwhile is then read at once. Each arrival that wakes a loop takes the core from a worker,
 * for an interrupt and two changes of threads beside the reading, and where a core is full that is
 * what refusals cost. Network cards do the same (<i>interrupt coalescing</i>).
 *
 * <p>Tasks, such as the answers of a batch, are run at once as ever, and timers when they are due.
 * Who could begin from now on says so by {@link #readNow}.
 *
 * <p>For its event loop's thread, but for {@link #wakeup} and {@link #readNow}.
 */
final class CoalescedReads implements IoHandler {
  /** What a request may lie unread for; a fifteenth of the SLO as it is by default. */
  static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final IoHandler handler;
  private final BooleanSupplier mayWait;
  private final long mostNanos;
  private volatile @Nullable Thread napping;

  /** When the last nap began. Its thread's. */
  private long napNanos;

  /** Whether what has come in since is still to be read. Its thread's. */
  private boolean isOwed;

  /**
   * Around another one.
   *
   * @param mayWait whether what comes in now could not be begun with
   */
  CoalescedReads(IoHandler handler, BooleanSupplier mayWait, long mostNanos) {
    this.handler = handler;
    this.mayWait = mayWait;
    this.mostNanos = mostNanos;
  }

  @Override
  public int run(IoHandlerContext context) {
    if (isOwed) {
      isOwed = false;
      return Arrivals.readSince(napNanos, () -> handler.run(new AtOnce(context)));
    }
    if (!context.canBlock() || !mayWait.getAsBoolean()) {
      return handler.run(context);
    }
    napNanos = System.nanoTime();
    long nanos = Math.min(mostNanos, context.delayNanos(napNanos));
    napping = Thread.currentThread();
    // Asked again, for what has come to pass before this could be seen has woken nobody.
    if (nanos > 0 && context.canBlock() && mayWait.getAsBoolean()) {
      LockSupport.parkNanos(this, nanos);
    }
    napping = null;
    isOwed = true;
    // Answers go out before what has come in is read.
    return context.canBlock() ? run(context) : 0;
  }

  /** For a look at what has come in that does not wait for more. */
  private record AtOnce(IoHandlerContext context) implements IoHandlerContext {
    @Override
    public boolean canBlock() {
      return false;
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return context.delayNanos(currentTimeNanos);
    }

    @Override
    public long deadlineNanos() {
      return context.deadlineNanos();
    }

    @Override
    public void reportActiveIoTime(long activeNanos) {
      context.reportActiveIoTime(activeNanos);
    }

    @Override
    public boolean shouldReportActiveIoTime() {
      return context.shouldReportActiveIoTime();
    }
  }

  /** Reads what has come in, if it was left: somebody could begin with it. From any thread. */
  void readNow() {
    Thread thread = napping;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  @Override
  public void wakeup() {
    readNow();
    handler.wakeup();
  }

  @Override
  public void initialize() {
    handler.initialize();
  }

  @Override
  public void prepareToDestroy() {
    handler.prepareToDestroy();
  }

  @Override
  public void destroy() {
    handler.destroy();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return handler.register(handle);
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return handler.isCompatible(handleType);
  }
}
