package dev.earshot.perf;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.perf.micro.Stalls;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures {@link Stalls} in a JVM of its own, so that it can run where a server does. */
@Command(name = "stalls", hidden = true)
final class StallsProbe implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--seconds", defaultValue = "5")
  private double seconds;

  @Override
  public Integer call() throws Exception {
    spec.commandLine()
        .getOut()
        .println(new ObjectMapper().writeValueAsString(Stalls.measure(seconds)));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
