package dev.earshot.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerTransportFilter;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Who calls: what the metadata {@code earshot-caller} says, else the address of the peer. Neither
 * is proven.
 */
final class CallerNames extends ServerTransportFilter {
  private static final int MAX_LENGTH = 128;

  private static final Metadata.Key<String> CALLER =
      Metadata.Key.of("earshot-caller", Metadata.ASCII_STRING_MARSHALLER);

  private static final Attributes.Key<String> PEER = Attributes.Key.create("earshot-peer");

  /** Names the peer once for all of its connection's calls, without its port. */
  @Override
  public Attributes transportReady(Attributes transport) {
    SocketAddress remote = transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    String name =
        remote instanceof InetSocketAddress inet && inet.getAddress() != null
            ? inet.getAddress().getHostAddress()
            : String.valueOf(remote);
    return transport.toBuilder().set(PEER, name).build();
  }

  /** The name of a call's caller; one of a wrong length is as good as none. */
  static String of(ServerCall<?, ?> call, Metadata headers) {
    String stated = headers.get(CALLER);
    if (stated != null && !stated.isEmpty() && stated.length() <= MAX_LENGTH) {
      return stated;
    }
    String peer = call.getAttributes().get(PEER);
    return peer == null ? "" : peer;
  }
}
