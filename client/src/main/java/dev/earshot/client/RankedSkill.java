package dev.earshot.client;

/**
 * A skill on a shortlist.
 *
 * @param skillId the skill
 * @param name what people call it
 * @param probability P(this skill is the right one), calibrated, 0 to 1
 * @param enabled whether the user has enabled it; false also where the profile was not read
 */
public record RankedSkill(String skillId, String name, double probability, boolean enabled) {}
