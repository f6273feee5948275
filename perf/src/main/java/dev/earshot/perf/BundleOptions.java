package dev.earshot.perf;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** Where bundles come from, for every command that measures with one. */
final class BundleOptions {
  /** Of the bundles that benchmarks make for themselves: any number would do. */
  static final long SEED = 1;

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description = "The bundle to measure with, resized where needed. Default: the one shipped.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path bundle;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description =
          "Where resized bundles are kept between runs. Default: a folder of the user's among the"
              + " temporary files.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path cache;

  Path bundle() {
    return bundle == null ? shippedBundle() : bundle;
  }

  Path cache() {
    return cache == null ? defaultCache() : cache;
  }

  /** The bundle beside the launcher, which says where it stands. */
  static Path shippedBundle() {
    return Path.of(System.getProperty("earshot.home", "."), "models", "default");
  }

  static Path defaultCache() {
    return Path.of(
        System.getProperty("java.io.tmpdir"), "earshot-bench-" + System.getProperty("user.name"));
  }
}
