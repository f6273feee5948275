package dev.earshot.perf.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.model.Bundle;
import dev.earshot.perf.load.Wire;
import dev.earshot.perf.micro.SampleUtterances;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class PlainServerTest {
  private static final Path BUNDLE =
      Path.of(System.getProperty("earshot.home", ".."), "models", "default");

  @Test
  @Timeout(120)
  void givesTheGraphsOwnAnswersOverASocket() throws Exception {
    List<Question> questions = Questions.make(BUNDLE, SampleUtterances.read(), 2, 1);
    assertThat(questions).hasSizeGreaterThan(60);
    PeerProtocol protocol = new PeerProtocol.OpenInference();
    Server server = PlainServer.start(Bundle.open(BUNDLE), 0);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(
                InetAddress.getLoopbackAddress().getHostAddress(), server.getPort())
            .usePlaintext()
            .build();
    try {
      for (Question question : questions.subList(0, 20)) {
        byte[] response =
            ClientCalls.blockingUnaryCall(
                channel,
                Wire.method(protocol.method(), MethodType.UNARY),
                CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                protocol.request(question));
        assertThat(protocol.best(response)).isEqualTo(question.best());
      }
    } finally {
      channel.shutdownNow();
      boolean unused = server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }
}
