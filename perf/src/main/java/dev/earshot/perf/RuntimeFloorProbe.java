package dev.earshot.perf;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.perf.micro.RuntimeFloor;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures {@link RuntimeFloor} in a JVM of its own, so that it can run where a server does. */
@Command(name = "runtime-floor", hidden = true)
final class RuntimeFloorProbe implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--bundle", required = true)
  private Path bundle;

  @Option(names = "--batch-max", defaultValue = "16")
  private int batchMax;

  @Option(names = "--rate", split = ",")
  private List<Double> rates = List.of();

  @Option(names = "--seconds", defaultValue = "3")
  private double seconds;

  @Override
  public Integer call() throws Exception {
    RuntimeFloor.Times times = RuntimeFloor.measure(bundle, batchMax, rates, seconds);
    spec.commandLine().getOut().println(new ObjectMapper().writeValueAsString(times));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
