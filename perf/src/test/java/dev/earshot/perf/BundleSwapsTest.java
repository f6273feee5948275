package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.ReloadBundleRequest;
import dev.earshot.v1.ReloadBundleResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a catalogue whose swaps end when the test says so. */
@Timeout(60)
final class BundleSwapsTest {
  private static final Duration AT_ONCE = Duration.ZERO;
  private static final Duration NEVER_AGAIN = Duration.ofDays(1);

  private final BlockingQueue<StreamObserver<ReloadBundleResponse>> underWay =
      new LinkedBlockingQueue<>();
  private Server server;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new CatalogGrpc.CatalogImplBase() {
                  @Override
                  public void reloadBundle(
                      ReloadBundleRequest request, StreamObserver<ReloadBundleResponse> answer) {
                    underWay.add(answer);
                  }
                })
            .build()
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    boolean unused = server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }

  private BundleSwaps begin(Duration period) {
    return BundleSwaps.begin(
        InetAddress.getLoopbackAddress().getHostAddress(), server.getPort(), period);
  }

  private static CompletableFuture<Integer> finishing(BundleSwaps swaps) {
    return CompletableFuture.supplyAsync(() -> {
      try {
        return swaps.finish();
      } catch (BenchException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
  }

  private @Nullable StreamObserver<ReloadBundleResponse> next() throws InterruptedException {
    return underWay.poll(20, TimeUnit.SECONDS);
  }

  private static void end(@Nullable StreamObserver<ReloadBundleResponse> swap) {
    assertThat(swap).isNotNull();
    swap.onNext(ReloadBundleResponse.getDefaultInstance());
    swap.onCompleted();
  }

  @Test
  void beginsOneWhenTheOneBeforeHasEnded() throws Exception {
    try (BundleSwaps swaps = begin(AT_ONCE)) {
      for (int i = 0; i < 3; i++) {
        StreamObserver<ReloadBundleResponse> swap = next();
        assertThat(underWay).isEmpty();
        end(swap);
      }
      StreamObserver<ReloadBundleResponse> last = next();
      CompletableFuture<Integer> done = finishing(swaps);
      assertThatThrownBy(() -> done.get(100, TimeUnit.MILLISECONDS))
          .as("while one is under way")
          .isInstanceOf(TimeoutException.class);
      end(last);
      assertThat(done.get(20, TimeUnit.SECONDS)).isEqualTo(4);
      assertThat(underWay).isEmpty();
    }
  }

  @Test
  void finishesWithoutAnotherOneWhereNoneIsUnderWay() throws Exception {
    try (BundleSwaps swaps = begin(NEVER_AGAIN)) {
      end(next());
      assertThat(finishing(swaps).get(20, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  void saysWhyAServerDoesNotSwap() throws Exception {
    try (BundleSwaps swaps = begin(AT_ONCE)) {
      StreamObserver<ReloadBundleResponse> swap = next();
      assertThat(swap).isNotNull();
      swap.onError(
          Status.FAILED_PRECONDITION
              .withDescription("another bundle is being loaded")
              .asRuntimeException());
      assertThatThrownBy(() -> finishing(swaps).get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseInstanceOf(io.grpc.StatusRuntimeException.class)
          .hasStackTraceContaining("could not be swapped")
          .hasStackTraceContaining("another bundle is being loaded");
    }
  }
}
