package dev.earshot.perf.process;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.perf.BenchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A measurement in a JVM of its own, with the flags of a server and on CPUs of its choice. */
public final class Probe {
  private Probe() {}

  /**
   * Runs a hidden command of {@code earshot bench} that prints JSON.
   *
   * @param mainClass of the command line
   * @param arguments the command's name first
   * @param type what the JSON holds
   */
  public static <T> T run(String mainClass, List<String> arguments, Cpus cpus, Class<T> type)
      throws IOException, InterruptedException, BenchException {
    ServerProcess.Spec probe = ServerProcess.java(arguments.get(0), mainClass, arguments, false);
    ProcessBuilder builder = new ProcessBuilder(cpus.wrap(probe.command()));
    builder.environment().putAll(probe.environment());
    BoundProcess bound =
        BoundProcess.start(builder.redirectError(ProcessBuilder.Redirect.INHERIT), null);
    try {
      Process process = bound.process();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new BenchException(arguments.get(0) + ": the probe exited with " + status);
      }
      return new ObjectMapper().readValue(answer, type);
    } finally {
      bound.release();
    }
  }
}
