package dev.earshot.client;

/**
 * What must hold for a write to a profile.
 *
 * @param etag the profile's etag as last read, else {@link EarshotException.Aborted}; empty: any
 * @param allowMissing whether to make the profile if there is none; else that is {@link
 *     EarshotException.NotFound}
 */
public record WriteCondition(String etag, boolean allowMissing) {
  /** There is a profile. */
  public static final WriteCondition EXISTS = new WriteCondition("", false);

  /** Nothing: a missing profile is made. */
  public static final WriteCondition NONE = new WriteCondition("", true);

  /** The profile is still as it was read. */
  public static WriteCondition unchanged(Profile profile) {
    return new WriteCondition(profile.etag(), false);
  }
}
