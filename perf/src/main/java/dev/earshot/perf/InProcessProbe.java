package dev.earshot.perf;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.perf.micro.InProcessRatio;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures {@link InProcessRatio} in a JVM of its own. */
@Command(name = "in-process", hidden = true)
final class InProcessProbe implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private BundleOptions bundles;

  @Option(names = "--skills", required = true)
  private int skills;

  @Option(names = "--known")
  private boolean known;

  @Option(names = "--seconds", defaultValue = "9")
  private double seconds;

  @Override
  public Integer call() throws Exception {
    InProcessRatio.Times times =
        InProcessRatio.measure(bundles.bundle(), bundles.cache(), skills, known, seconds);
    spec.commandLine().getOut().println(new ObjectMapper().writeValueAsString(times));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
