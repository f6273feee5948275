package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.rpc.Code;
import dev.earshot.app.EarshotServer;
import dev.earshot.app.ServerOptions;
import dev.earshot.model.Bundles;
import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.DescribeBundleRequest;
import dev.earshot.v1.ReloadBundleRequest;
import dev.earshot.v1.ReloadBundleResponse;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistStreamRequest;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
@SuppressWarnings("NullAway.Init") // Set before each test.
class BundleReloadTest {
  private static final int SWAPS = 4;

  @TempDir private Path root;
  private EarshotServer server;
  private ManagedChannel channel;
  private String version;
  private CatalogGrpc.CatalogBlockingStub catalog;

  @BeforeEach
  void start() throws Exception {
    Bundles.copyTo(Files.createDirectory(root.resolve("first")));
    Path second = Bundles.copyTo(Files.createDirectory(root.resolve("second")));
    Path manifest = second.resolve("manifest.json");
    String json = Files.readString(manifest);
    version = new ObjectMapper().readTree(json).get("bundle_version").asText();
    Bundles.writeManifest(second, json.replace('"' + version + '"', "\"another\""));
    Path bad = Bundles.copyTo(Files.createDirectory(root.resolve("bad")));
    Files.write(bad.resolve("rows.i8"), new byte[100]);
    server = EarshotServer.start(ServerOptions.embedded(root.resolve("first")));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    catalog = CatalogGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    server.close();
  }

  @Test
  void swapsUnderLoadWithoutAFailedRequest() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Set<String> versions = ConcurrentHashMap.newKeySet();
    List<Thread> callers =
        List.of(
            new Thread(() -> call(done, failure, versions)),
            new Thread(() -> call(done, failure, versions)));
    callers.forEach(Thread::start);
    AtomicInteger answered = new AtomicInteger();
    CountDownLatch streamEnded = new CountDownLatch(1);
    StreamObserver<ShortlistStreamRequest> stream = stream(failure, answered, streamEnded);
    int sent = 0;
    for (int swap = 0; swap < SWAPS; swap++) {
      String next = swap % 2 == 0 ? "second" : "first";
      stream.onNext(streamed(sent++));
      ReloadBundleResponse reload = reload(next);
      stream.onNext(streamed(sent++));
      assertThat(reload.getChanged()).isTrue();
      assertThat(reload.getBundleVersion()).isEqualTo(swap % 2 == 0 ? "another" : version);
      assertThat(ask().getBundleVersion()).isEqualTo(reload.getBundleVersion());
    }
    stream.onCompleted();
    assertThat(streamEnded.await(30, TimeUnit.SECONDS)).isTrue();
    done.set(true);
    for (Thread caller : callers) {
      caller.join();
    }

    assertThat(failure.get()).isNull();
    assertThat(answered).hasValue(sent);
    assertThat(versions).containsExactlyInAnyOrder(version, "another");
  }

  @Test
  void aBadBundleLeavesTheOldOneServingAndIsNamed() {
    com.google.rpc.Status status = ServedApi.status(catchThrowable(() -> reload("bad")));
    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("BUNDLE_REFUSED");
    assertThat(status.getMessage()).contains("rows.i8").contains("100 bytes");

    status = ServedApi.status(catchThrowable(() -> reload("missing")));
    assertThat(ServedApi.reason(status)).isEqualTo("BUNDLE_REFUSED");

    assertThat(ask().getBundleVersion()).isEqualTo(version);
    assertThat(
            catalog.describeBundle(DescribeBundleRequest.getDefaultInstance()).getBundleVersion())
        .isEqualTo(version);
  }

  @Test
  void readsTheServedBundleAgainWhereNoneIsNamed() {
    ReloadBundleResponse reload = reload("");

    assertThat(reload.getChanged()).isFalse();
    assertThat(reload.getPreviousBundleVersion()).isEqualTo(reload.getBundleVersion());
  }

  @Test
  void takesNoBundleFromElsewhere() throws Exception {
    Files.createSymbolicLink(root.resolve("out"), Bundles.DEFAULT.toRealPath());
    for (String path : List.of("..", "/etc", "../../models/default", "out")) {
      com.google.rpc.Status status = ServedApi.status(catchThrowable(() -> reload(path)));
      assertThat(status.getCode()).isEqualTo(Code.PERMISSION_DENIED_VALUE);
      assertThat(ServedApi.reason(status)).isEqualTo("NOT_ALLOWED");
    }
  }

  private void call(
      AtomicBoolean done, AtomicReference<@Nullable Throwable> failure, Set<String> versions) {
    try {
      while (!done.get()) {
        versions.add(ask().getBundleVersion());
      }
    } catch (RuntimeException e) {
      failure.set(e);
    }
  }

  private ShortlistResponse ask() {
    return ShortlisterGrpc.newBlockingStub(channel)
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .shortlist(ShortlistRequest.newBuilder().setUtterance("hello").setUserId("ada").build());
  }

  private ReloadBundleResponse reload(String path) {
    return catalog
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .reloadBundle(ReloadBundleRequest.newBuilder().setPath(path).build());
  }

  private static ShortlistStreamRequest streamed(int number) {
    return ShortlistStreamRequest.newBuilder()
        .setRequestId("r" + number)
        .setTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(20))
        .setShortlist(ShortlistRequest.newBuilder().setUtterance("hello"))
        .build();
  }

  private StreamObserver<ShortlistStreamRequest> stream(
      AtomicReference<@Nullable Throwable> failure, AtomicInteger answered, CountDownLatch ended) {
    return ShortlisterGrpc.newStub(channel)
        .shortlistStream(
            new StreamObserver<>() {
              @Override
              public void onNext(ShortlistStreamResponse response) {
                if (response.hasResponse()) {
                  answered.incrementAndGet();
                }
              }

              @Override
              public void onError(Throwable thrown) {
                failure.set(thrown);
                ended.countDown();
              }

              @Override
              public void onCompleted() {
                ended.countDown();
              }
            });
  }
}
