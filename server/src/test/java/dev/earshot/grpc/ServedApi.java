package dev.earshot.grpc;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.earshot.app.EarshotServer;
import dev.earshot.app.ServerOptions;
import dev.earshot.model.Bundles;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A whole server on a free port, with the default bundle, and a channel to it. */
final class ServedApi implements BeforeAllCallback, AfterAllCallback {
  private @Nullable EarshotServer server;
  private @Nullable ManagedChannel channel;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    EarshotServer started = EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT));
    server = started;
    channel = NettyChannelBuilder.forAddress("127.0.0.1", started.port()).usePlaintext().build();
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    channel().shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    requireNonNull(server).close();
  }

  ManagedChannel channel() {
    return requireNonNull(channel);
  }

  static Status status(Throwable failure) {
    return StatusProto.fromThrowable(failure);
  }

  /** The machine-readable reason of an error. */
  static String reason(Status status) {
    try {
      for (com.google.protobuf.Any detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          return detail.unpack(ErrorInfo.class).getReason();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    return "";
  }

  /** The fields that an error complains of, with what it says of each. */
  static List<String> violations(Status status) {
    try {
      for (com.google.protobuf.Any detail : status.getDetailsList()) {
        if (detail.is(BadRequest.class)) {
          return detail.unpack(BadRequest.class).getFieldViolationsList().stream()
              .map(violation -> violation.getField() + ": " + violation.getDescription())
              .toList();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    return List.of();
  }
}
