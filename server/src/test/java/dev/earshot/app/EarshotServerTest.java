package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.model.Bundles;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.v1.AddSkillsRequest;
import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.DescribeBundleRequest;
import dev.earshot.v1.DescribeBundleResponse;
import dev.earshot.v1.RewriteRequest;
import dev.earshot.v1.RewriterGrpc;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EarshotServerTest {
  private static final List<String> SERVICES =
      List.of(
          "earshot.v1.Shortlister",
          "earshot.v1.Interactions",
          "earshot.v1.Biaser",
          "earshot.v1.Profiles",
          "earshot.v1.Catalog");

  @TempDir Path empty;

  @Test
  void servesHealthReflectionMetricsAndItsDescription() throws Exception {
    ServerOptions options = withMetrics(ServerOptions.embedded(Bundles.DEFAULT), 0);
    try (EarshotServer server = EarshotServer.start(options)) {
      ManagedChannel channel = channel(server.port());
      HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
      List<String> all = new ArrayList<>(SERVICES);
      all.add("");
      for (String service : all) {
        assertThat(
                health
                    .check(HealthCheckRequest.newBuilder().setService(service).build())
                    .getStatus())
            .isEqualTo(ServingStatus.SERVING);
      }
      assertThat(servicesByReflection(channel)).containsAll(SERVICES);
      assertThat(get(server.metricsPort(), "/readyz").statusCode()).isEqualTo(200);

      ShortlisterGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .shortlist(ShortlistRequest.newBuilder().setUtterance("hello").build());
      assertThat(get(server.metricsPort(), "/metrics").body())
          .contains("earshot_shortlist_seconds_count 1");

      DescribeBundleResponse description =
          CatalogGrpc.newBlockingStub(channel)
              .describeBundle(DescribeBundleRequest.getDefaultInstance());
      assertThat(description.getSkillCount()).isEqualTo(6_108);
      assertThat(description.getDevice().getProvider()).isEqualTo("cpu");
      assertThat(description.getGoldenVectors()).isGreaterThan(200);
      assertThat(description.getShapeBucketsList()).isNotEmpty();

      Status unimplemented =
          Status.fromThrowable(
              catchThrowable(() ->
                  CatalogGrpc.newBlockingStub(channel)
                      .addSkills(AddSkillsRequest.getDefaultInstance())));
      assertThat(unimplemented.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
      Status unregistered =
          Status.fromThrowable(
              catchThrowable(() ->
                  RewriterGrpc.newBlockingStub(channel)
                      .rewrite(RewriteRequest.getDefaultInstance())));
      assertThat(unregistered.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
      channel.shutdownNow();
    }
  }

  @Test
  void saysThatAPortIsTaken() throws Exception {
    try (EarshotServer server = EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT))) {
      StartupException refusal =
          catchThrowableOfType(
              StartupException.class,
              () ->
                  EarshotServer.start(
                      withPort(ServerOptions.embedded(Bundles.DEFAULT), server.port())));

      assertThat(refusal).hasMessageContaining("taken").hasMessageContaining("--port");
      assertThat(refusal.exitCode()).isEqualTo(ExitCode.CANNOT_LISTEN);
    }
  }

  @Test
  void refusesABundleThatIsNotOne() {
    StartupException refusal =
        catchThrowableOfType(
            StartupException.class, () -> EarshotServer.start(ServerOptions.embedded(empty)));

    assertThat(refusal).hasMessageContaining("manifest.json: missing");
    assertThat(refusal.exitCode()).isEqualTo(ExitCode.BAD_DATA);
  }

  @Test
  void refusesCudaByNameWhereItIsNotThereAndFallsBackWhereItMay() throws Exception {
    StartupException refusal =
        catchThrowableOfType(
            StartupException.class,
            () ->
                EarshotServer.start(
                    withProvider(ServerOptions.embedded(Bundles.DEFAULT), ExecutionProvider.CUDA)));
    assertThat(refusal).hasMessageContaining("execution provider cuda");
    assertThat(refusal.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);

    try (EarshotServer server =
        EarshotServer.start(
            withProvider(ServerOptions.embedded(Bundles.DEFAULT), ExecutionProvider.AUTO))) {
      assertThat(server.model().runtime().provider()).isEqualTo(ExecutionProvider.CPU);
      assertThat(server.model().runtime().fallbackReason()).isNotNull();
    }
  }

  private static ServerOptions withMetrics(ServerOptions o, int metricsPort) {
    return with(o, o.port(), metricsPort, o.executionProvider());
  }

  private static ServerOptions withPort(ServerOptions o, int port) {
    return with(o, port, o.metricsPort(), o.executionProvider());
  }

  private static ServerOptions withProvider(ServerOptions o, ExecutionProvider provider) {
    return with(o, o.port(), o.metricsPort(), provider);
  }

  private static ServerOptions with(
      ServerOptions o, int port, int metricsPort, ExecutionProvider provider) {
    return new ServerOptions(
        o.host(),
        port,
        metricsPort,
        o.bundle(),
        provider,
        o.search(),
        o.slo(),
        o.enforceSlo(),
        o.workers(),
        o.batchMax(),
        o.queueMax(),
        o.maxRun(),
        o.linger(),
        o.streamInflight(),
        o.summaryCacheBytes(),
        o.bias(),
        o.drain(),
        o.store());
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  private static List<String> servicesByReflection(ManagedChannel channel) throws Exception {
    CompletableFuture<List<String>> services = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    services.complete(
                        response.getListServicesResponse().getServiceList().stream()
                            .map(ServiceResponse::getName)
                            .toList());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    services.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("*").build());
    List<String> names = services.get(20, TimeUnit.SECONDS);
    requests.onCompleted();
    return names;
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }
}
