package dev.earshot.client;

import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Which calls gRPC tries again: unary ones that ended with UNAVAILABLE, once, within the call's
 * deadline. Never RESOURCE_EXHAUSTED: a server that refuses for load must not be asked more.
 *
 * <p>Throttled for each connection: every failed try takes a token and every success gives a tenth
 * of one back, and below half of the tokens nothing is retried. So in the long run retries add at
 * most a tenth to the load.
 */
final class ServiceConfig {
  /** In the form of gRPC's service config (gRFC A6), as its Java builder takes it. */
  static final Map<String, ?> RETRY_UNAVAILABLE_ONCE =
      Map.of(
          "methodConfig",
          List.of(
              Map.of(
                  "name",
                  unaryMethods(),
                  "retryPolicy",
                  Map.of(
                      "maxAttempts",
                      2.0,
                      // A real-time call has milliseconds: what is jittered around this fits in.
                      "initialBackoff",
                      "0.002s",
                      "maxBackoff",
                      "0.010s",
                      "backoffMultiplier",
                      2.0,
                      "retryableStatusCodes",
                      List.of("UNAVAILABLE")))),
          "retryThrottling",
          Map.of("maxTokens", 10.0, "tokenRatio", 0.1));

  private ServiceConfig() {}

  private static List<Map<String, String>> unaryMethods() {
    return Stream.of(
            ShortlisterGrpc.getServiceDescriptor(),
            ProfilesGrpc.getServiceDescriptor(),
            CatalogGrpc.getServiceDescriptor(),
            InteractionsGrpc.getServiceDescriptor(),
            BiaserGrpc.getServiceDescriptor())
        .map(ServiceDescriptor::getMethods)
        .flatMap(methods -> methods.stream())
        .filter(method -> method.getType() == MethodDescriptor.MethodType.UNARY)
        .map(method ->
            Map.of(
                "service", String.valueOf(method.getServiceName()),
                "method", String.valueOf(method.getBareMethodName())))
        .toList();
  }
}
