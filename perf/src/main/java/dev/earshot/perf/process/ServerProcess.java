package dev.earshot.perf.process;

import dev.earshot.perf.load.ServerUse;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server that was started for a measurement and is stopped with it. */
public final class ServerProcess implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final Duration STOP = Duration.ofSeconds(15);
  private static final int LOG_LINES = 12;

  /** Short against any start, which is measured by this. */
  private static final int LOOK_AGAIN_MILLIS = 20;

  private static final Logger logger = LoggerFactory.getLogger(ServerProcess.class);

  private final Process process;
  private final int port;
  private final WorkFolder work;

  /** Nothing that a measurement has started outlives it, however it ends. */
  private final Thread hook;

  private ServerProcess(Process process, int port, WorkFolder work) {
    this.process = process;
    this.port = port;
    this.work = work;
    this.hook = new Thread(() -> kill(process));
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * What to start.
   *
   * @param command with {@code {port}} where the port is meant, or {@code {port-file}} for a server
   *     that chooses a port and writes it into that file
   * @param environment added to this process's own, with {@code {work}} where a folder is meant
   *     that is the server's alone and gone with it
   * @param hasHealth whether it serves {@code grpc.health.v1.Health}; else a connection will do
   */
  public record Spec(
      String name, List<String> command, Map<String, String> environment, boolean hasHealth) {
    public Spec {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }

    /** The same with more in its environment. */
    public Spec with(Map<String, String> more) {
      Map<String, String> all = new HashMap<>(environment);
      all.putAll(more);
      return new Spec(name, command, all, hasHealth);
    }
  }

  /**
   * Starts a server and waits until it serves.
   *
   * @throws IOException with the end of its log if it ends or is not ready in time
   */
  public static ServerProcess start(Spec spec, Cpus cpus, Duration patience)
      throws IOException, InterruptedException {
    int free = freePort();
    WorkFolder work = WorkFolder.create(spec.name);
    Path portFile = Files.createFile(work.path().resolve("port"));
    List<String> command = new ArrayList<>();
    for (String word : spec.command) {
      command.add(
          word.replace("{port}", Integer.toString(free))
              .replace("{port-file}", portFile.toString()));
    }
    Path log = work.path().resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(cpus.wrap(command))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    spec.environment.forEach((name, value) ->
        builder.environment().put(name, value.replace("{work}", work.path().toString())));
    boolean choosesPort = spec.command.stream().anyMatch(word -> word.contains("{port-file}"));
    Process process = builder.start();
    ServerProcess server =
        new ServerProcess(
            process, choosesPort ? awaitPort(process, portFile, patience) : free, work);
    Files.deleteIfExists(portFile);
    boolean ready = false;
    try {
      server.awaitServing(spec, patience);
      ready = true;
      return server;
    } finally {
      if (!ready) {
        server.close();
      }
    }
  }

  /** A command that runs a class of this JVM's class path with this JVM's flags. */
  public static Spec java(
      String name, String mainClass, List<String> arguments, boolean hasHealth) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add(mainClass);
    command.addAll(arguments);
    return new Spec(
        name, command, Map.of("CLASSPATH", System.getProperty("java.class.path")), hasHealth);
  }

  public String host() {
    return HOST;
  }

  public int port() {
    return port;
  }

  /** Of this process and all that it has started. */
  public ServerUse.Meter meter() {
    return new ProcessMeter(process.toHandle());
  }

  /** Writes a line to its standard input. */
  public void tell(String line) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  private static int awaitPort(Process process, Path file, Duration patience)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (process.isAlive() && System.nanoTime() < end) {
      String port = Files.readString(file);
      if (!port.isEmpty()) {
        return Integer.parseInt(port);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    process.destroyForcibly();
    throw new IOException("the server did not say its port");
  }

  private void awaitServing(Spec spec, Duration patience) throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(HOST, port).usePlaintext().directExecutor().build();
    try {
      while (true) {
        if (!process.isAlive()) {
          throw new IOException(spec.name + " ended with " + process.exitValue() + lastLines());
        }
        if (isServing(channel, spec.hasHealth)) {
          return;
        }
        if (System.nanoTime() > end) {
          throw new IOException(
              spec.name + " is not ready after " + patience.toSeconds() + " s" + lastLines());
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private static boolean isServing(ManagedChannel channel, boolean hasHealth) {
    if (!hasHealth) {
      channel.resetConnectBackoff();
      return channel.getState(true) == ConnectivityState.READY;
    }
    try {
      channel.resetConnectBackoff();
      return HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(500, TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private String lastLines() throws IOException {
    List<String> lines =
        Files.readString(work.path().resolve("log"), StandardCharsets.ISO_8859_1).lines().toList();
    return "\n"
        + String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Ends it as a crash would, by SIGKILL, and waits until it is gone; {@link #close} cleans up. */
  public void crash() throws InterruptedException {
    kill(process);
    process.waitFor();
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Stops it and all that it has started; those that do not hear are killed. */
  @Override
  public void close() {
    try {
      if (!Runtime.getRuntime().removeShutdownHook(hook)) {
        return;
      }
    } catch (IllegalStateException e) {
      // The JVM is going down, and the hook does it.
      return;
    }
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    process.destroy();
    try {
      if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    all.forEach(ProcessHandle::destroyForcibly);
    try {
      work.close();
    } catch (IOException e) {
      logger.debug("left among the temporary files: {}", work.path());
    }
  }
}
