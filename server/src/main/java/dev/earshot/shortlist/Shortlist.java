package dev.earshot.shortlist;

import dev.earshot.deadline.Degradation;
import java.util.List;

/**
 * The best skills for an utterance.
 *
 * @param skills most probable first
 * @param outOfScope whether the probability passes the bundle's threshold
 * @param outOfScopeProbability P(no skill is right); with those of all skills it sums to 1
 */
public record Shortlist(
    List<RankedSkill> skills,
    boolean outOfScope,
    double outOfScopeProbability,
    Degradation degradation,
    String bundleVersion,
    long catalogVersion,
    StageTimes times) {

  /**
   * A skill on the list.
   *
   * @param probability P(this skill is the right one)
   * @param enabled whether the user has enabled it
   */
  public record RankedSkill(String skillId, String name, double probability, boolean enabled) {}

  /**
   * Where the time went, in nanoseconds; stages exclude each other.
   *
   * @param totalNanos from the arrival of the request until its skills were found
   * @param batch requests that ran together with this one, itself included
   * @param expectedNanos what their run was expected to take
   */
  public record StageTimes(
      long queueNanos,
      long profileNanos,
      long encodeNanos,
      long attendNanos,
      long classifyNanos,
      long totalNanos,
      int batch,
      long expectedNanos) {}
}
