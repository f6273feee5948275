package dev.earshot.perf;

import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.ReloadBundleRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has a server load its bundle anew, again and again, one after the other: a server refuses a
 * second one meanwhile, and a large bundle takes many seconds beside a load.
 *
 * <p>For one thread, beside its own.
 */
final class BundleSwaps implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Duration period;
  private final ManagedChannel channel;
  private final Thread thread;
  private final CountDownLatch enough = new CountDownLatch(1);
  private volatile int done;
  private volatile @Nullable StatusRuntimeException failure;

  private BundleSwaps(String host, int port, Duration period) {
    this.period = period;
    this.channel = NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
    this.thread = new Thread(this::swap, "swaps");
    thread.setDaemon(true);
  }

  /**
   * Begins with one at once.
   *
   * @param period from the beginning of one to that of the next, unless it takes longer
   */
  static BundleSwaps begin(String host, int port, Duration period) {
    BundleSwaps swaps = new BundleSwaps(host, port, period);
    swaps.thread.start();
    return swaps;
  }

  private void swap() {
    try {
      long left;
      int count = 0;
      do {
        long start = System.nanoTime();
        var unused =
            CatalogGrpc.newBlockingStub(channel)
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .reloadBundle(ReloadBundleRequest.getDefaultInstance());
        done = ++count;
        left = period.toNanos() - (System.nanoTime() - start);
      } while (!enough.await(Math.max(0, left), TimeUnit.NANOSECONDS));
    } catch (StatusRuntimeException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Begins no more, and waits for the one that is under way.
   *
   * @return how many were done
   * @throws BenchException if one failed, after which there were no more
   */
  int finish() throws BenchException, InterruptedException {
    enough.countDown();
    thread.join();
    StatusRuntimeException failed = failure;
    if (failed != null) {
      throw new BenchException("the bundle could not be swapped: " + failed.getStatus(), failed);
    }
    return done;
  }

  /** Leaves the one that is under way to the server, if there is one. */
  @Override
  public void close() {
    enough.countDown();
    thread.interrupt();
    channel.shutdownNow();
  }
}
