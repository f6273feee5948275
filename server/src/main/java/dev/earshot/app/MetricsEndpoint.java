package dev.earshot.app;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Metrics for Prometheus, and whether the process lives ({@code /healthz}) and takes requests
 * ({@code /readyz}), over HTTP.
 */
final class MetricsEndpoint implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "earshot-metrics");
        thread.setDaemon(true);
        return thread;
      });

  /**
   * @throws IOException if the address cannot be listened on
   */
  MetricsEndpoint(
      InetSocketAddress address, PrometheusMeterRegistry registry, BooleanSupplier isReady)
      throws IOException {
    server = HttpServer.create(address, 16);
    server.setExecutor(executor);
    serve("/metrics", "text/plain; version=0.0.4; charset=utf-8", () -> true, registry::scrape);
    serve("/healthz", "text/plain", () -> true, () -> "ok\n");
    serve("/readyz", "text/plain", isReady, () -> isReady.getAsBoolean() ? "ok\n" : "not ready\n");
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void serve(
      String path,
      String contentType,
      BooleanSupplier isOk,
      java.util.function.Supplier<String> content) {
    server.createContext(
        path,
        exchange -> {
          byte[] body = content.get().getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", contentType);
          exchange.sendResponseHeaders(isOk.getAsBoolean() ? 200 : 503, body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
