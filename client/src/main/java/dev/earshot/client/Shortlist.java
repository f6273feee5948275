package dev.earshot.client;

import dev.earshot.v1.ShortlistResponse;
import java.util.List;
import java.util.Optional;

/**
 * The best skills for an utterance.
 *
 * @param requestId the query's
 * @param skills most probable first
 * @param outOfScope whether the probability passes the server's threshold: no skill seems right.
 *     The skills are given all the same
 * @param outOfScopeProbability P(no skill of the catalogue is right); with those of all skills,
 *     returned or not, it sums to 1
 * @param degradation what the answer was made without
 * @param bundleVersion the bundle that answered
 * @param catalogVersion the catalogue version that answered
 * @param timings where the server's time went
 */
public record Shortlist(
    String requestId,
    List<RankedSkill> skills,
    boolean outOfScope,
    double outOfScopeProbability,
    Degradation degradation,
    String bundleVersion,
    long catalogVersion,
    Timings timings) {

  public Shortlist {
    skills = List.copyOf(skills);
  }

  /** The most probable skill; empty only if the catalogue is. */
  public Optional<RankedSkill> best() {
    return skills.stream().findFirst();
  }

  static Shortlist of(ShortlistResponse message) {
    return new Shortlist(
        message.getRequestId(),
        message.getSkillsList().stream()
            .map(skill ->
                new RankedSkill(
                    skill.getSkillId(),
                    skill.getName(),
                    skill.getProbability(),
                    skill.getEnabled()))
            .toList(),
        message.getOutOfScope(),
        message.getOutOfScopeProbability(),
        Degradation.of(message.getDegradation()),
        message.getBundleVersion(),
        message.getCatalogVersion(),
        Timings.of(message.getTimings()));
  }
}
