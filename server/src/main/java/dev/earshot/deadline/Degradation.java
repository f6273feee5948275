package dev.earshot.deadline;

import java.util.ArrayList;
import java.util.List;

/**
 * What an answer was made without. Immutable.
 *
 * @param missing contexts that were not used, with the reason of each
 * @param skippedStages stages that were left out
 */
public record Degradation(List<Missing> missing, List<Stage> skippedStages) {
  /** The full answer. */
  public static final Degradation NONE = new Degradation(List.of(), List.of());

  public Degradation {
    missing = List.copyOf(missing);
    skippedStages = List.copyOf(skippedStages);
  }

  /** A part of the context. */
  public enum Context {
    PROFILE,
    DIALOGUE,
    EMBEDDING,
    PRONUNCIATION
  }

  /** Why it was not used. */
  public enum Reason {
    /** The caller named no user or interaction; not counted as degraded. */
    NOT_REQUESTED,
    NOT_FOUND,
    EXPIRED,
    /** Asked for, but not there when the reserve was reached. */
    NOT_READY,
    /** The store failed, or its circuit breaker is open. */
    STORE_ERROR,
    /** Not begun: the caller's time was too short. */
    BUDGET,
    /** Not begun: too much was waiting. */
    OVERLOAD,
    UNSUPPORTED_LANGUAGE
  }

  /** A stage that can be left out. */
  public enum Stage {
    RERANK,
    RESCORE,
    REPAIR
  }

  /** One missing context. */
  public record Missing(Context context, Reason reason) {}

  /** Whether anything is missing that was asked for. */
  public boolean isDegraded() {
    return !skippedStages.isEmpty()
        || missing.stream().anyMatch(m -> m.reason() != Reason.NOT_REQUESTED);
  }

  /** This and one more stage that was left out. */
  public Degradation leavingOut(Stage stage) {
    List<Stage> more = new ArrayList<>(skippedStages);
    more.add(stage);
    return new Degradation(missing, more);
  }

  /** This and one more missing context. */
  public Degradation without(Context context, Reason reason) {
    List<Missing> more = new ArrayList<>(missing);
    more.add(new Missing(context, reason));
    return new Degradation(more, skippedStages);
  }
}
