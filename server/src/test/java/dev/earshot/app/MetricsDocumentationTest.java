package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.earshot.model.Bundles;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MetricsDocumentationTest {
  /**
   * Those that appear with the first event of their kind, which this test does not cause, or with a
   * store on disk.
   */
  private static final Set<String> RARE =
      Set.of(
          "earshot_dropped_total",
          "earshot_skipped_total",
          "earshot_store_errors_total",
          "earshot_store_unreadable_total",
          "earshot_store_bytes",
          "earshot_store_expired_total",
          "earshot_store_reencryption");

  @Test
  void whatIsMeasuredIsWhatIsDocumented() throws Exception {
    Set<String> measured;
    try (EarshotServer server =
        EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT).withMetricsPort(0))) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
      ShortlisterGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .shortlist(ShortlistRequest.newBuilder().setUtterance("hello").setUserId("u").build());
      assertThat(
              catchThrowable(() ->
                  ShortlisterGrpc.newBlockingStub(channel)
                      .shortlist(
                          ShortlistRequest.newBuilder()
                              .setUtterance("hello")
                              .setMinCatalogVersion(9)
                              .build())))
          .isNotNull();
      measured = families(scrape(server.metricsPort()));
      channel.shutdownNow();
    }
    Set<String> documented = documented();
    assertThat(documented).containsAll(RARE);
    documented.removeAll(RARE);
    // On a busy machine some of them come up here, too.
    measured.removeAll(RARE);

    assertThat(measured).containsExactlyInAnyOrderElementsOf(documented);
  }

  private static Set<String> documented() throws Exception {
    Path page = Path.of(System.getProperty("earshot.home", ".."), "server", "METRICS.md");
    return Pattern.compile("^\\| `([a-z_]+)` \\|", Pattern.MULTILINE)
        .matcher(Files.readString(page))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The names of the metrics, but the JVM's; a timer's maximum is part of it. */
  private static Set<String> families(String page) {
    return Pattern.compile("^# TYPE (\\S+) ", Pattern.MULTILINE)
        .matcher(page)
        .results()
        .map(match -> match.group(1).replaceAll("_max$", ""))
        .filter(name -> !name.startsWith("jvm_"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String scrape(int port) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
