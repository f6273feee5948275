package dev.earshot.client;

import io.grpc.Attributes;
import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A gRPC server on a free port of the loopback, which keeps what it saw of its clients. */
final class PeerServer implements AutoCloseable {
  final List<Metadata> headers = new CopyOnWriteArrayList<>();
  final Set<SocketAddress> connections = ConcurrentHashMap.newKeySet();
  private final Server server;
  private final int port;

  private PeerServer(int port, ServerCredentials credentials, List<BindableService> services) {
    ServerBuilder<?> builder = Grpc.newServerBuilderForPort(port, credentials);
    services.forEach(builder::addService);
    server =
        builder
            .intercept(new Recorder())
            .addTransportFilter(new Connections())
            .permitKeepAliveTime(10, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .build();
    try {
      server.start();
      this.port = server.getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static PeerServer start(BindableService... services) {
    return startOn(0, services);
  }

  static PeerServer startOn(int port, BindableService... services) {
    return new PeerServer(port, InsecureServerCredentials.create(), List.of(services));
  }

  static PeerServer startSecured(ServerCredentials credentials, BindableService... services) {
    return new PeerServer(0, credentials, List.of(services));
  }

  int port() {
    return port;
  }

  EarshotClient.Builder client() {
    return EarshotClient.builder("localhost:" + port());
  }

  /** Closes all connections at once, as a killed process does. */
  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Recorder implements ServerInterceptor {
    @Override
    public <Q, A> Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
      headers.add(metadata);
      return next.startCall(call, metadata);
    }
  }

  private final class Connections extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      SocketAddress peer = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
      if (peer != null) {
        connections.add(peer);
      }
      return attributes;
    }
  }
}
