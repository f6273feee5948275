package dev.earshot.perf.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.NettyServerBuilder;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A driver in a JVM of its own, which starts a server in another one. The server holds a connection
 * to the test, whose end tells of its own; it ends with the test.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ServerProcessTest {
  /** A generous bound: what is awaited comes within seconds, or never. */
  private static final int PATIENCE_MS = 30_000;

  private static final String READY = "ready";
  private static final String REFUSED = "refused";

  /** What the server says of itself as it hears SIGTERM. */
  private static final int HEARD_SIGTERM = 1;

  private ServerSocket test;

  @BeforeEach
  void listen() throws IOException {
    test = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    test.setSoTimeout(PATIENCE_MS);
  }

  @AfterEach
  void close() throws IOException {
    test.close();
  }

  /** What the driver does, and the server. */
  enum Story {
    SERVES,
    DOES_NOT_SAY_ITS_PORT,
    DOES_NOT_HEAR_SIGTERM,
    IS_STARTED_TOO_LATE;
  }

  /** The driver's command line. */
  static final class Driver {
    private Driver() {}

    public static void main(String[] args) throws Exception {
      Story story = Story.valueOf(args[1]);
      if (story == Story.IS_STARTED_TOO_LATE) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> startTooLate(args)));
        return;
      }
      try (ServerProcess server = start(args)) {
        System.out.println(READY + server.port());
        if (story == Story.SERVES) {
          new CountDownLatch(1).await();
        }
      }
    }

    private static ServerProcess start(String[] args) throws IOException, InterruptedException {
      return ServerProcess.start(
          ServerProcess.java(
                  "bound",
                  Server.class.getName(),
                  List.of(
                      args[0],
                      args[1],
                      args[1].equals(Story.DOES_NOT_SAY_ITS_PORT.name())
                          ? "{port-file}"
                          : "{port}"),
                  false)
              .with(Map.of("WORK", "{work}")),
          Cpus.ANY,
          Duration.ofMinutes(10));
    }

    private static void startTooLate(String[] args) {
      try (ServerProcess server = start(args)) {
        System.out.println(READY + server.port());
      } catch (IOException | RuntimeException e) {
        System.out.println(REFUSED + " " + ProcessHandle.current().children().count());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The server's command line: a gRPC server without services. */
  static final class Server {
    private Server() {}

    public static void main(String[] args) throws Exception {
      Socket test = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
      DataOutputStream out = new DataOutputStream(test.getOutputStream());
      Story story = Story.valueOf(args[1]);
      if (story != Story.DOES_NOT_SAY_ITS_PORT) {
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[2])))
            .build()
            .start();
      }
      if (story == Story.DOES_NOT_HEAR_SIGTERM) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ignore(out)));
      }
      out.writeUTF(String.valueOf(System.getenv("WORK")));
      int end = test.getInputStream().read();
      Runtime.getRuntime().halt(end);
    }

    private static void ignore(DataOutputStream out) {
      try {
        out.write(HEARD_SIGTERM);
        new CountDownLatch(1).await();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Process drive(Story story) throws IOException {
    ServerProcess.Spec spec =
        ServerProcess.java(
            "driver",
            Driver.class.getName(),
            List.of(Integer.toString(test.getLocalPort()), story.name()),
            false);
    ProcessBuilder builder = new ProcessBuilder(spec.command());
    builder.environment().putAll(spec.environment());
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static BufferedReader output(Process driver) {
    return new BufferedReader(
        new InputStreamReader(driver.getInputStream(), StandardCharsets.UTF_8));
  }

  /** SIGINT ends a JVM in the same way; where the tests run in the background it is ignored. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "IS_STARTED_TOO_LATE")
  void endsWithADriverThatIsTerminated(Story story) throws Exception {
    Process driver = drive(story);
    try (Socket server = test.accept();
        BufferedReader output = output(driver)) {
      server.setSoTimeout(PATIENCE_MS);
      DataInputStream in = new DataInputStream(server.getInputStream());
      Path work = Path.of(in.readUTF());
      assertThat(work).isDirectory();
      if (story != Story.DOES_NOT_SAY_ITS_PORT) {
        assertThat(output.readLine()).startsWith(READY);
      }
      if (story == Story.DOES_NOT_HEAR_SIGTERM) {
        assertThat(in.read()).as("while the driver closes it").isEqualTo(HEARD_SIGTERM);
      }
      driver.destroy();
      assertThat(in.read()).as("the end").isNegative();
      assertThat(driver.waitFor()).isNotZero();
      assertThat(work).doesNotExist();
    } finally {
      driver.destroyForcibly();
    }
  }

  @Test
  void isNotStartedByADriverThatShutsDown() throws Exception {
    Process driver = drive(Story.IS_STARTED_TOO_LATE);
    try (BufferedReader output = output(driver)) {
      assertThat(output.readLine()).isEqualTo(REFUSED + " 0");
    } finally {
      driver.destroyForcibly();
    }
  }
}
