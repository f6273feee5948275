package dev.earshot.catalog;

import dev.earshot.model.OnnxShortlistModel;
import java.time.Instant;

/** The skills that are served, and the bundle that they come from. Thread-safe. */
public final class Catalog implements AutoCloseable {
  private volatile Current current;

  /** What belongs together. */
  private record Current(
      OnnxShortlistModel model, ServedModel served, BundleDescription description) {}

  /**
   * Begins with a bundle, and closes it in the end.
   *
   * @param now when it begins to serve
   */
  public Catalog(OnnxShortlistModel model, Instant now) {
    current = describe(model, 0, now);
  }

  private static Current describe(OnnxShortlistModel model, long catalogVersion, Instant now) {
    return new Current(
        model,
        new ServedModel(model, catalogVersion),
        new BundleDescription(
            model.bundle().manifest(),
            model.bundle().manifestSha256(),
            model.bundle().diskBytes(),
            model.skills().size(),
            catalogVersion,
            model.calibration(),
            model.runtime().requested(),
            model.runtime().provider(),
            model.runtime().fallbackReason(),
            model.runtime().version(),
            model.variants(),
            model.report(),
            now));
  }

  /** What answers requests. */
  public ServedModel served() {
    return current.served;
  }

  /** The bundle that answers, as it is run. */
  public OnnxShortlistModel model() {
    return current.model;
  }

  /** Whether a skill can be shortlisted. */
  public boolean knows(String skillId) {
    return current.model.skills().row(skillId) >= 0;
  }

  public BundleDescription description() {
    return current.description;
  }

  /** Another bundle answers from now on. The one before is its user's to close. */
  void serve(OnnxShortlistModel next, Instant now) {
    current = describe(next, current.served.catalogVersion(), now);
  }

  /** Closes the bundle, after its last run. */
  @Override
  public void close() {
    current.model.close();
  }
}
