package dev.earshot.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.grpc.ForwardingChannelBuilder2;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientOptionsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:50051",
        "127.0.0.1:50051",
        "127.1.2.3:1",
        "[::1]:50051",
        "unix:/run/earshot",
        "dns:///localhost:50051"
      })
  void sendsPlaintextToThisMachine(String target) {
    assertThat(ClientOptions.of(Target.parse(target)).credentials())
        .isInstanceOf(InsecureChannelCredentials.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "earshot:50051",
        "10.0.0.1:50051",
        "127.0.0.1.example.org:50051",
        "localhost.example:1",
        "[fe80::1]:50051",
        "dns:///earshot.example:50051",
        "dns://127.0.0.1/earshot:50051"
      })
  void securesConnectionsToOthers(String target) {
    assertThat(ClientOptions.of(Target.parse(target)).credentials())
        .isInstanceOf(TlsChannelCredentials.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "localhost", "localhost:", "localhost:0", "localhost:70000", "a b:1"})
  void refusesWhatIsNoTarget(String target) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EarshotClient.builder(target))
        .withMessageContaining("expected:");
  }

  @Test
  void refusesOptionsOutOfRange() {
    EarshotClient.Builder builder = EarshotClient.builder("localhost:50051");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.keepalive(Duration.ofSeconds(9)))
        .withMessage("keepalive: PT9S (expected: >= PT10S)");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.connections(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.caller("na\u00efve"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.caller(""));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.shortlistDeadline(Duration.ZERO));
  }

  @Test
  void probesAsTheServerPermits() {
    Recorder recorder =
        new Recorder(
            Grpc.newChannelBuilder("localhost:50051", InsecureChannelCredentials.create()));
    ClientOptions.of(Target.parse("localhost:50051")).configure(recorder);
    assertThat(recorder.keepAliveSeconds).isEqualTo(30);
    assertThat(recorder.withoutCalls).isTrue();
    assertThat(recorder.idleDays).isGreaterThanOrEqualTo(30);
  }

  @Test
  void speaksTls(@TempDir Path directory) throws Exception {
    KeyStore keys = selfSigned(directory.resolve("keys.p12"));
    KeyManagerFactory key = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    key.init(keys, "changeit".toCharArray());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(keys);
    ShortlistQuery query = ShortlistQuery.of("will it rain");
    Duration deadline = Duration.ofSeconds(10);
    try (PeerServer server =
            PeerServer.startSecured(
                TlsServerCredentials.newBuilder().keyManager(key.getKeyManagers()).build(),
                new PeerShortlister());
        EarshotClient trusting =
            server
                .client()
                .credentials(
                    TlsChannelCredentials.newBuilder()
                        .trustManager(trust.getTrustManagers())
                        .build())
                .build();
        EarshotClient other = server.client().credentials(TlsChannelCredentials.create()).build()) {
      assertThat(trusting.shortlist(query, deadline).best()).isPresent();
      assertThatExceptionOfType(EarshotException.Unavailable.class)
          .isThrownBy(() -> other.shortlist(query, deadline));
    }
  }

  private static KeyStore selfSigned(Path file) throws Exception {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "test",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                file.toString())
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore generated = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      generated.load(in, "changeit".toCharArray());
    }
    // A trust manager believes in certificate entries alone, not in those of private keys.
    generated.setCertificateEntry("trusted", generated.getCertificate("test"));
    return generated;
  }

  private static final class Recorder extends ForwardingChannelBuilder2<Recorder> {
    private final ManagedChannelBuilder<?> delegate;
    long keepAliveSeconds;
    boolean withoutCalls;
    long idleDays;

    Recorder(ManagedChannelBuilder<?> delegate) {
      this.delegate = delegate;
    }

    @Override
    protected ManagedChannelBuilder<?> delegate() {
      return delegate;
    }

    @Override
    public Recorder keepAliveTime(long keepAliveTime, TimeUnit timeUnit) {
      keepAliveSeconds = timeUnit.toSeconds(keepAliveTime);
      return super.keepAliveTime(keepAliveTime, timeUnit);
    }

    @Override
    public Recorder keepAliveWithoutCalls(boolean enable) {
      withoutCalls = enable;
      return super.keepAliveWithoutCalls(enable);
    }

    @Override
    public Recorder idleTimeout(long value, TimeUnit unit) {
      idleDays = unit.toDays(value);
      return super.idleTimeout(value, unit);
    }
  }
}
