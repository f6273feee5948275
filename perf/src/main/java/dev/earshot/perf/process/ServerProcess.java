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
import java.io.UncheckedIOException;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server that was started for a measurement and is stopped with it. */
public final class ServerProcess implements AutoCloseable {
  private static final String HOST = "127.0.0.1";

  /** The launcher's word for a server's heap, where this JVM has another one. */
  private static final String SERVER_HEAP = "earshot.server.heap";

  private static final Duration STOP = Duration.ofSeconds(15);
  private static final int LOG_LINES = 12;

  /** Short against any start, which is measured by this. */
  private static final int LOOK_AGAIN_MILLIS = 20;

  private static final Logger logger = LoggerFactory.getLogger(ServerProcess.class);

  private final BoundProcess bound;
  private final Process process;
  private final WorkFolder work;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Set before anybody gets this. */
  private int port;

  private ServerProcess(BoundProcess bound, WorkFolder work) {
    this.bound = bound;
    this.process = bound.process();
    this.work = work;
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
    WorkFolder work = WorkFolder.create(spec.name);
    ServerProcess server = null;
    boolean ready = false;
    try {
      int free = freePort();
      Path portFile = Files.createFile(work.path().resolve("port"));
      server =
          new ServerProcess(
              BoundProcess.start(builder(spec, cpus, work, free, portFile), work), work);
      boolean choosesPort = spec.command.stream().anyMatch(word -> word.contains("{port-file}"));
      server.port = choosesPort ? server.awaitPort(portFile, patience) : free;
      Files.deleteIfExists(portFile);
      server.awaitServing(spec, patience);
      ready = true;
      return server;
    } finally {
      if (!ready) {
        if (server == null) {
          work.close();
        } else {
          server.close();
        }
      }
    }
  }

  private static ProcessBuilder builder(
      Spec spec, Cpus cpus, WorkFolder work, int port, Path portFile) {
    List<String> command = new ArrayList<>();
    for (String word : spec.command) {
      command.add(
          word.replace("{port}", Integer.toString(port))
              .replace("{port-file}", portFile.toString()));
    }
    ProcessBuilder builder =
        new ProcessBuilder(cpus.wrap(command))
            .redirectErrorStream(true)
            .redirectOutput(work.path().resolve("log").toFile());
    spec.environment.forEach((name, value) ->
        builder.environment().put(name, value.replace("{work}", work.path().toString())));
    return builder;
  }

  /** A command that runs a class of this JVM's class path with this JVM's flags. */
  public static Spec java(
      String name, String mainClass, List<String> arguments, boolean hasHealth) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(serverFlags());
    command.add(mainClass);
    command.addAll(arguments);
    return new Spec(
        name, command, Map.of("CLASSPATH", System.getProperty("java.class.path")), hasHealth);
  }

  /** This JVM's flags, with the heap of a server in place of its own, as the launcher says. */
  private static List<String> serverFlags() {
    List<String> flags = new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
    String heap = System.getProperty(SERVER_HEAP);
    if (heap != null) {
      flags.removeIf(flag -> flag.matches("-Xm[sxn].*"));
      flags.addAll(List.of(heap.split(",")));
    }
    return flags;
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

  private int awaitPort(Path file, Duration patience) throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (process.isAlive() && System.nanoTime() < end) {
      String port = Files.readString(file);
      if (!port.isEmpty()) {
        return Integer.parseInt(port);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    throw new IOException("the server did not say its port" + lastLines());
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
    bound.kill();
    process.waitFor();
  }

  /** Stops it and all that it has started; those that do not hear are killed. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
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
    // Not before it has ended: a signal may come while it is awaited.
    bound.release();
    try {
      work.close();
    } catch (IOException | UncheckedIOException e) {
      logger.debug("left among the temporary files: {}", work.path());
    }
  }
}
