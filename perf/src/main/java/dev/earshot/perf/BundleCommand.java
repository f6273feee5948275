package dev.earshot.perf;

import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench bundle}: a bundle of any size. */
@Command(
    name = "bundle",
    description =
        "Makes a bundle with more or fewer skills: noisy copies of another bundle's. For speed and"
            + " memory; its probabilities mean nothing.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class BundleCommand implements Callable<Integer> {
  private static final int MAX_SKILLS = 4_000_000;

  @Spec private CommandSpec spec;

  @Option(names = "--skills", required = true, description = "How many skills.")
  private int skills;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "The folder to make; it must not exist.")
  private Path out;

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description = "The bundle to start from. Default: the one shipped.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path bundle;

  @Option(names = "--seed", defaultValue = "1", description = "Of the copies' noise.")
  private long seed;

  @Override
  public Integer call() throws BundleException, IOException {
    if (skills < 1 || skills > MAX_SKILLS) {
      throw new ParameterException(
          spec.commandLine(), "--skills: " + skills + " (expected: 1 to " + MAX_SKILLS + ")");
    }
    Path source = bundle == null ? BundleOptions.shippedBundle() : bundle;
    BundleResizer.resize(source, out, skills, seed);
    Bundle made = Bundle.open(out);
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%s: bundle %s, %,d skills, %.1f MB%n",
            out,
            made.version(),
            made.skills().size(),
            made.diskBytes() / 1e6);
    return 0;
  }
}
