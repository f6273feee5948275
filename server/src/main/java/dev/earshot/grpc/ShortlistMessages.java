package dev.earshot.grpc;

import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Degradation;
import dev.earshot.shortlist.Shortlist;
import dev.earshot.shortlist.Shortlist.StageTimes;
import dev.earshot.shortlist.ShortlistQuery;
import dev.earshot.shortlist.ShortlistQuery.WeightedText;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistedSkill;
import dev.earshot.v1.Signals;
import dev.earshot.v1.Timings;
import java.util.ArrayList;
import java.util.List;

/** Shortlist requests as domain values, and back; says what is wrong with a request. */
final class ShortlistMessages {
  static final int MAX_HYPOTHESES = 20;
  static final int MAX_SKILLS = 100;
  static final int DEFAULT_SKILLS = 5;
  private static final double MAX_SCORE_SCALE = 1_000;

  private ShortlistMessages() {}

  /**
   * The query that a request stands for; throws {@link RpcError} with all that is wrong with it.
   */
  static ShortlistQuery query(ShortlistRequest request) {
    Violations violations = new Violations();
    violations.requireOptionalId("request_id", request.getRequestId());
    validateTexts(request, violations);
    violations.requireBetween("score_scale", request.getScoreScale(), 0, MAX_SCORE_SCALE);
    violations.requireOptionalId("user_id", request.getUserId());
    violations.requireOptionalId("interaction_id", request.getInteractionId());
    violations.requireOptionalId("dialogue_id", request.getDialogueId());
    violations.requireBetween("max_skills", request.getMaxSkills(), 0, MAX_SKILLS);
    violations.requireBetween(
        "min_catalog_version", request.getMinCatalogVersion(), 0, Long.MAX_VALUE);
    if (request.hasSignals()) {
      validate(request.getSignals(), violations);
    }
    violations.throwIfAny();
    return new ShortlistQuery(
        texts(request),
        request.getUserId().isEmpty() ? null : request.getUserId(),
        !request.getInteractionId().isEmpty() || !request.getDialogueId().isEmpty(),
        request.getMaxSkills() == 0 ? DEFAULT_SKILLS : request.getMaxSkills(),
        request.getMinCatalogVersion());
  }

  private static void validateTexts(ShortlistRequest request, Violations violations) {
    int count = request.getHypothesesCount();
    if (count == 0) {
      violations.requireText("utterance", request.getUtterance(), Violations.MAX_UTTERANCE);
      return;
    }
    if (!request.getUtterance().isEmpty()) {
      violations.add("utterance", "given beside hypotheses (expected: one of the two)");
    }
    violations.requireCount("hypotheses", count, 1, MAX_HYPOTHESES);
    long scored = request.getHypothesesList().stream().filter(Hypothesis::hasScore).count();
    if (scored != 0 && scored != count) {
      violations.add(
          "hypotheses.score", scored + " of " + count + " have one (expected: all or none)");
    }
    for (int i = 0; i < Math.min(count, MAX_HYPOTHESES); i++) {
      Hypothesis hypothesis = request.getHypotheses(i);
      String field = "hypotheses[" + i + "].";
      violations.requireText(field + "text", hypothesis.getText(), Violations.MAX_UTTERANCE);
      if (hypothesis.hasScore()) {
        violations.requireFinite(field + "score", hypothesis.getScore());
      }
      if (hypothesis.hasConfidence()) {
        violations.requireBetween(field + "confidence", hypothesis.getConfidence(), 0d, 1d);
      }
    }
  }

  private static void validate(Signals signals, Violations violations) {
    violations.requireAtMost("signals.device_type", signals.getDeviceType(), 64);
    violations.requireAtMost("signals.locale", signals.getLocale(), 35);
    violations.requireAtMost("signals.local_time", signals.getLocalTime(), 64);
    violations.requireAtMost("signals.activity", signals.getActivity(), 64);
    violations.requireLabels("signals.device_states", signals.getDeviceStatesMap(), 32);
    violations.requireLabels("signals.labels", signals.getLabelsMap(), 64);
  }

  /**
   * The texts with their posterior weights: the softmax of scale × score. Without scores a
   * hypothesis weighs half as much as the one before it.
   */
  private static List<WeightedText> texts(ShortlistRequest request) {
    int count = request.getHypothesesCount();
    if (count == 0) {
      return List.of(new WeightedText(request.getUtterance(), 1));
    }
    double scale = request.getScoreScale() == 0 ? 1 : request.getScoreScale();
    double[] logs = new double[count];
    double highest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      Hypothesis hypothesis = request.getHypotheses(i);
      logs[i] = hypothesis.hasScore() ? scale * hypothesis.getScore() : -i * Math.log(2);
      // A finite score times the scale may pass the largest double.
      logs[i] = Math.max(-Double.MAX_VALUE, Math.min(Double.MAX_VALUE, logs[i]));
      highest = Math.max(highest, logs[i]);
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      logs[i] = Math.exp(logs[i] - highest);
      sum += logs[i];
    }
    List<WeightedText> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      texts.add(new WeightedText(request.getHypotheses(i).getText(), (float) (logs[i] / sum)));
    }
    return texts;
  }

  /**
   * The response that is handed over now.
   *
   * @param budget of the request, which tells the time since it arrived
   */
  static ShortlistResponse response(String requestId, Shortlist shortlist, Budget budget) {
    ShortlistResponse.Builder response =
        ShortlistResponse.newBuilder()
            .setRequestId(requestId)
            .setOutOfScope(shortlist.outOfScope())
            .setOutOfScopeProbability(shortlist.outOfScopeProbability())
            .setBundleVersion(shortlist.bundleVersion())
            .setCatalogVersion(shortlist.catalogVersion());
    for (Shortlist.RankedSkill skill : shortlist.skills()) {
      response.addSkills(
          ShortlistedSkill.newBuilder()
              .setSkillId(skill.skillId())
              .setName(skill.name())
              .setProbability(skill.probability())
              .setEnabled(skill.enabled()));
    }
    Degradation degradation = shortlist.degradation();
    if (!degradation.equals(Degradation.NONE)) {
      response.setDegradation(DegradationMessages.of(degradation));
    }
    // Last, for it says until when.
    return response.setTimings(timings(shortlist.times(), budget.elapsedNanos())).build();
  }

  private static Timings timings(StageTimes times, long totalNanos) {
    return Timings.newBuilder()
        .setQueueUs(DegradationMessages.micros(times.queueNanos()))
        .setProfileUs(DegradationMessages.micros(times.profileNanos()))
        .setEncodeUs(DegradationMessages.micros(times.encodeNanos()))
        .setAttendUs(DegradationMessages.micros(times.attendNanos()))
        .setClassifyUs(DegradationMessages.micros(times.classifyNanos()))
        .setTotalUs(DegradationMessages.micros(totalNanos))
        .build();
  }
}
