package dev.earshot.shortlist;

import dev.earshot.model.EnabledSkills;

/**
 * What shortlisting needs of a user.
 *
 * @param status whether there is a profile
 * @param skills the enabled skills that the bundle knows
 */
record UserSummary(Status status, EnabledSkills skills) {
  static final UserSummary NOT_FOUND = new UserSummary(Status.NOT_FOUND, EnabledSkills.NONE);
  static final UserSummary FAILED = new UserSummary(Status.FAILED, EnabledSkills.NONE);

  /** How the profile was read. */
  enum Status {
    FOUND,
    NOT_FOUND,
    /** The store failed. */
    FAILED
  }

  int memoryBytes() {
    return 48 + skills.memoryBytes();
  }
}
