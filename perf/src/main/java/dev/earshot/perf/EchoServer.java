package dev.earshot.perf;

import dev.earshot.perf.load.Wire;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The floor below every gRPC server in Java: the same grpc-java and Netty as Earshot's, one event
 * loop, messages of the same sizes, and nothing in between. Run in a process of its own.
 */
@Command(name = "echo-server", hidden = true)
final class EchoServer implements Callable<Integer> {
  static final String SERVICE = "earshot.perf.Echo";
  static final String METHOD = SERVICE + "/Echo";

  @Option(names = "--port", required = true)
  private int port;

  @Option(names = "--response-bytes", required = true)
  private int responseBytes;

  @Override
  public Integer call() throws IOException, InterruptedException {
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory handler = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, handler);
    HealthStatusManager health = new HealthStatusManager();
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .channelType(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .bossEventLoopGroup(group)
            .workerEventLoopGroup(group)
            .directExecutor()
            .addService(service(new byte[responseBytes]))
            .addService(health.getHealthService())
            .build()
            .start();
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
    server.awaitTermination();
    return 0;
  }

  static ServerServiceDefinition service(byte[] response) {
    MethodDescriptor<byte[], byte[]> method = Wire.method(METHOD, MethodType.UNARY);
    return ServerServiceDefinition.builder(SERVICE)
        .addMethod(method, new Handler(response))
        .build();
  }

  private static final class Handler implements ServerCallHandler<byte[], byte[]> {
    private final byte[] response;

    Handler(byte[] response) {
      this.response = response;
    }

    @Override
    public ServerCall.Listener<byte[]> startCall(
        ServerCall<byte[], byte[]> call, Metadata headers) {
      call.request(1);
      return new ServerCall.Listener<>() {
        @Override
        public void onMessage(byte[] message) {
          call.sendHeaders(new Metadata());
          call.sendMessage(response);
          call.close(Status.OK, new Metadata());
        }
      };
    }
  }
}
