package dev.earshot.shortlist;

import dev.earshot.model.EnabledSkills;

/**
 * What shortlisting needs of a user.
 *
 * @param found whether there is a profile
 * @param skills the enabled skills that the bundle knows
 */
record UserSummary(boolean found, EnabledSkills skills) {
  static final UserSummary NOT_FOUND = new UserSummary(false, EnabledSkills.NONE);

  int memoryBytes() {
    return 48 + skills.memoryBytes();
  }
}
