package dev.earshot.client;

import java.util.List;

/**
 * What an answer was made without.
 *
 * @param missing the contexts that were not used, each at most once, with the reason
 * @param skippedStages the stages that were left out for want of time
 */
public record Degradation(List<Missing> missing, List<Stage> skippedStages) {
  /** The full answer. */
  public static final Degradation NONE = new Degradation(List.of(), List.of());

  public Degradation {
    missing = List.copyOf(missing);
    skippedStages = List.copyOf(skippedStages);
  }

  /** Whether anything is missing that was asked for. */
  public boolean isDegraded() {
    return !skippedStages.isEmpty()
        || missing.stream().anyMatch(m -> m.reason() != Reason.NOT_REQUESTED);
  }

  /** Whether the answer was made with this context. */
  public boolean has(Context context) {
    return missing.stream().noneMatch(m -> m.context() == context);
  }

  /** A context that the answer was made without, and why. */
  public record Missing(Context context, Reason reason) {
    @Override
    public String toString() {
      return context + " / " + reason;
    }
  }

  /** What an answer can draw on beside the request's own words. */
  public enum Context {
    /** The user's enabled skills, lists and preferences. */
    PROFILE,
    /** The interactions before this request. */
    DIALOGUE,
    /** The context vector of the dialogue. */
    EMBEDDING,
    /** How phrases sound. */
    PRONUNCIATION,
    /** One that this SDK is too old to know. */
    UNRECOGNIZED
  }

  /** Why a context is missing. */
  public enum Reason {
    /** The query named no user, interaction or dialogue. Not counted as degraded. */
    NOT_REQUESTED,
    /** Nothing is stored under that id, or the server cannot use such a context yet. */
    NOT_FOUND,
    /** It was there and its time is over. */
    EXPIRED,
    /** It was asked for and not there in time. */
    NOT_READY,
    /** The store failed, or its circuit breaker is open. */
    STORE_ERROR,
    /** It was not begun: the deadline was too short. */
    BUDGET,
    /** It was not begun: the server's queue was too long. */
    OVERLOAD,
    /** There is no lexicon or model for the language. */
    UNSUPPORTED_LANGUAGE,
    /** One that this SDK is too old to know. */
    UNRECOGNIZED
  }

  /** A stage that improves an answer and can be left out. */
  public enum Stage {
    /** Reranking; the order is the first stage's. */
    RERANK,
    /** Rescoring; the hypotheses stand in the recogniser's order. */
    RESCORE,
    /** Repair; the hypotheses were reordered only. */
    REPAIR,
    /** Generation of rewrites. */
    GENERATE,
    /** One that this SDK is too old to know. */
    UNRECOGNIZED
  }

  static Degradation of(dev.earshot.v1.Degradation message) {
    if (message.getMissingCount() == 0 && message.getSkippedStagesCount() == 0) {
      return NONE;
    }
    return new Degradation(
        message.getMissingList().stream()
            .map(m -> new Missing(context(m.getContext()), reason(m.getReason())))
            .toList(),
        message.getSkippedStagesList().stream().map(Degradation::stage).toList());
  }

  private static Context context(dev.earshot.v1.Degradation.Context context) {
    return switch (context) {
      case CONTEXT_PROFILE -> Context.PROFILE;
      case CONTEXT_DIALOGUE -> Context.DIALOGUE;
      case CONTEXT_EMBEDDING -> Context.EMBEDDING;
      case CONTEXT_PRONUNCIATION -> Context.PRONUNCIATION;
      case CONTEXT_UNSPECIFIED, UNRECOGNIZED -> Context.UNRECOGNIZED;
    };
  }

  private static Reason reason(dev.earshot.v1.Degradation.Reason reason) {
    return switch (reason) {
      case REASON_NOT_REQUESTED -> Reason.NOT_REQUESTED;
      case REASON_NOT_FOUND -> Reason.NOT_FOUND;
      case REASON_EXPIRED -> Reason.EXPIRED;
      case REASON_NOT_READY -> Reason.NOT_READY;
      case REASON_STORE_ERROR -> Reason.STORE_ERROR;
      case REASON_BUDGET -> Reason.BUDGET;
      case REASON_OVERLOAD -> Reason.OVERLOAD;
      case REASON_UNSUPPORTED_LANGUAGE -> Reason.UNSUPPORTED_LANGUAGE;
      case REASON_UNSPECIFIED, UNRECOGNIZED -> Reason.UNRECOGNIZED;
    };
  }

  private static Stage stage(dev.earshot.v1.Degradation.Stage stage) {
    return switch (stage) {
      case STAGE_RERANK -> Stage.RERANK;
      case STAGE_RESCORE -> Stage.RESCORE;
      case STAGE_REPAIR -> Stage.REPAIR;
      case STAGE_GENERATE -> Stage.GENERATE;
      case STAGE_UNSPECIFIED, UNRECOGNIZED -> Stage.UNRECOGNIZED;
    };
  }
}
