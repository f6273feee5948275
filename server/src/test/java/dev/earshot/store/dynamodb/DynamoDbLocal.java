package dev.earshot.store.dynamodb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * DynamoDB Local, as its maker ships it, in a process of its own: one for all tests of a JVM, on a
 * free port of the loopback, in memory, telemetry off. Given to tests that ask for it as a
 * parameter.
 */
public final class DynamoDbLocal implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final long LOOK_AGAIN_MILLIS = 50;

  private final Process process;
  private final int port;

  /** Starts it for the first test that needs it; JUnit closes it after the last. */
  public static final class Extension implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == DynamoDbLocal.class;
    }

    @Override
    public DynamoDbLocal resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(ExtensionContext.Namespace.create(DynamoDbLocal.class))
          .computeIfAbsent(DynamoDbLocal.class, type -> new DynamoDbLocal(), DynamoDbLocal.class);
    }
  }

  private DynamoDbLocal() {
    try {
      Path target = Path.of(System.getProperty("earshot.home", ""), "server", "target");
      List<Path> files =
          Files.readAllLines(target.resolve("dynamodb-local.files")).stream()
              .map(Path::of)
              .toList();
      Path log = target.resolve("dynamodb-local.log");
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      process =
          new ProcessBuilder(command(files))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      process.getOutputStream().close();
      // Also where the tests are cut off.
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "dynamodb-local-end"));
      awaitPort(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> command(List<Path> files) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    // The native SQLite lies beside no other file that it needs.
    String natives =
        files.stream()
            .filter(file -> file.toString().matches(".*\\.(so|dylib|dll)"))
            .map(file -> String.valueOf(file.getParent()))
            .filter(folder -> folder.contains(platform()))
            .findFirst()
            .orElse("");
    command.add("-Dsqlite4java.library.path=" + natives);
    command.add("-cp");
    command.add(
        files.stream()
            .map(Path::toString)
            .filter(file -> file.endsWith(".jar"))
            .collect(Collectors.joining(java.io.File.pathSeparator)));
    command.add("com.amazonaws.services.dynamodbv2.local.main.ServerRunner");
    command.addAll(
        List.of("-inMemory", "-sharedDb", "-disableTelemetry", "-port", Integer.toString(port)));
    return command;
  }

  private static String platform() {
    String name = System.getProperty("os.name");
    return name.startsWith("Mac")
        ? "osx"
        : name.startsWith("Windows") ? "win32-x64" : "linux-amd64";
  }

  private void awaitPort(Path log) throws IOException {
    long giveUp = System.nanoTime() + START_LIMIT.toNanos();
    while (!isListening()) {
      try {
        if (process.waitFor(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)
            || System.nanoTime() > giveUp) {
          close();
          throw new IOException("DynamoDB Local did not start: " + Files.readString(log));
        }
      } catch (InterruptedException e) {
        close();
        throw new IOException(e);
      }
    }
  }

  private boolean isListening() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Where it listens. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Options for tables that no other test has. No test depends on these times. */
  DynamoDbOptions options() {
    return options(endpoint());
  }

  static DynamoDbOptions options(URI endpoint) {
    return new DynamoDbOptions(
        Optional.of(endpoint),
        Optional.of("us-east-1"),
        "test-" + UUID.randomUUID(),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        64);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
