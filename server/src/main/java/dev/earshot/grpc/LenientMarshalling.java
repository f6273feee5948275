package dev.earshot.grpc;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Lets services see that a message could not be decoded, so that they can answer as the API says:
 * gRPC itself would end the call, or the whole stream, as the server's fault. In place of such
 * bytes a service gets a message that {@link #isUndecodable} recognises by its identity.
 *
 * <p>Thread-safe once the services are wrapped.
 */
final class LenientMarshalling {
  private final Set<Object> markers = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Whether a request stands for bytes that could not be decoded. */
  boolean isUndecodable(Message request) {
    return markers.contains(request);
  }

  /** Throws the error that undecodable bytes get. */
  void requireDecoded(Message request) {
    if (isUndecodable(request)) {
      throw RpcError.undecodable();
    }
  }

  /** The service with request marshallers that do not throw. */
  ServerServiceDefinition wrap(ServerServiceDefinition service) {
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      methods.add(wrap(method));
    }
    ServiceDescriptor original = service.getServiceDescriptor();
    // Reflection finds a service by its schema.
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(original.getName())
            .setSchemaDescriptor(original.getSchemaDescriptor());
    methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
    ServerServiceDefinition.Builder wrapped = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(wrapped::addMethod);
    return wrapped.build();
  }

  private <Q, A> ServerMethodDefinition<Q, A> wrap(ServerMethodDefinition<Q, A> method) {
    MethodDescriptor<Q, A> descriptor = method.getMethodDescriptor();
    if (!(descriptor.getRequestMarshaller() instanceof PrototypeMarshaller<Q> marshaller)
        || !(marshaller.getMessagePrototype() instanceof Message prototype)) {
      throw new IllegalArgumentException(descriptor.getFullMethodName() + ": not protobuf");
    }
    // A new empty message: equal to the default instance, but not the same object.
    Message marker = prototype.newBuilderForType().buildPartial();
    markers.add(marker);
    @SuppressWarnings("unchecked") // Built from the prototype of Q.
    Q typedMarker = (Q) marker;
    return ServerMethodDefinition.create(
        descriptor.toBuilder(
                new Lenient<>(marshaller, typedMarker), descriptor.getResponseMarshaller())
            .build(),
        method.getServerCallHandler());
  }

  private record Lenient<Q>(PrototypeMarshaller<Q> marshaller, Q marker)
      implements PrototypeMarshaller<Q> {
    @Override
    public InputStream stream(Q value) {
      return marshaller.stream(value);
    }

    @Override
    public Q parse(InputStream stream) {
      try {
        return marshaller.parse(stream);
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.INTERNAL) {
          throw e;
        }
        return marker;
      }
    }

    @Override
    public Class<Q> getMessageClass() {
      return marshaller.getMessageClass();
    }

    @Override
    public Q getMessagePrototype() {
      return marshaller.getMessagePrototype();
    }
  }
}
