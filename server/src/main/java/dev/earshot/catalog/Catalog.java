package dev.earshot.catalog;

import dev.earshot.model.OnnxShortlistModel;
import java.time.Instant;

/** The skills that are served, and the bundle that they come from. Immutable and thread-safe. */
public final class Catalog {
  private final ServedModel served;
  private final BundleDescription description;

  /**
   * @param now when it begins to serve
   */
  public Catalog(OnnxShortlistModel model, Instant now) {
    this.served = new ServedModel(model, 0);
    this.description =
        new BundleDescription(
            model.bundle().manifest(),
            model.bundle().manifestSha256(),
            model.bundle().diskBytes(),
            model.skills().size(),
            served.catalogVersion(),
            model.calibration(),
            model.runtime().requested(),
            model.runtime().provider(),
            model.runtime().fallbackReason(),
            model.runtime().version(),
            model.variants(),
            model.report(),
            now);
  }

  /** What answers requests. */
  public ServedModel served() {
    return served;
  }

  /** Whether a skill can be shortlisted. */
  public boolean knows(String skillId) {
    return served.model().skills().row(skillId) >= 0;
  }

  public BundleDescription description() {
    return description;
  }
}
