package dev.earshot.perf;

import dev.earshot.model.BundleException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The bundle that benchmarks measure with, in the sizes that they ask for. Benchmarks run in JVMs
 * of their own, so system properties say which it is.
 */
public final class Bundles {
  /** Names the bundle's folder; default: the one shipped. */
  public static final String BUNDLE_PROPERTY = "earshot.bench.bundle";

  /** Names the folder in which resized bundles are kept. */
  public static final String CACHE_PROPERTY = "earshot.bench.cache";

  private Bundles() {}

  /**
   * The measured bundle, resized.
   *
   * @param skills how many it shall have; 0: as many as it has
   */
  public static Path measured(int skills) throws BundleException, IOException {
    Path bundle =
        Path.of(System.getProperty(BUNDLE_PROPERTY, BundleOptions.shippedBundle().toString()));
    if (skills == 0) {
      return bundle;
    }
    Path cache =
        Path.of(System.getProperty(CACHE_PROPERTY, BundleOptions.defaultCache().toString()));
    return BundleResizer.cached(bundle, cache, skills, BundleOptions.SEED);
  }
}
