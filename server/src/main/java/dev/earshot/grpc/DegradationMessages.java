package dev.earshot.grpc;

import dev.earshot.deadline.Degradation;

/** What all answers say of themselves, as messages. */
final class DegradationMessages {
  private DegradationMessages() {}

  /** The message of a degradation. */
  static dev.earshot.v1.Degradation of(Degradation degradation) {
    dev.earshot.v1.Degradation.Builder message = dev.earshot.v1.Degradation.newBuilder();
    for (Degradation.Missing missing : degradation.missing()) {
      message
          .addMissingBuilder()
          .setContext(
              switch (missing.context()) {
                case PROFILE -> dev.earshot.v1.Degradation.Context.CONTEXT_PROFILE;
                case DIALOGUE -> dev.earshot.v1.Degradation.Context.CONTEXT_DIALOGUE;
                case EMBEDDING -> dev.earshot.v1.Degradation.Context.CONTEXT_EMBEDDING;
                case PRONUNCIATION -> dev.earshot.v1.Degradation.Context.CONTEXT_PRONUNCIATION;
              })
          .setReason(
              switch (missing.reason()) {
                case NOT_REQUESTED -> dev.earshot.v1.Degradation.Reason.REASON_NOT_REQUESTED;
                case NOT_FOUND -> dev.earshot.v1.Degradation.Reason.REASON_NOT_FOUND;
                case EXPIRED -> dev.earshot.v1.Degradation.Reason.REASON_EXPIRED;
                case NOT_READY -> dev.earshot.v1.Degradation.Reason.REASON_NOT_READY;
                case STORE_ERROR -> dev.earshot.v1.Degradation.Reason.REASON_STORE_ERROR;
                case BUDGET -> dev.earshot.v1.Degradation.Reason.REASON_BUDGET;
                case OVERLOAD -> dev.earshot.v1.Degradation.Reason.REASON_OVERLOAD;
                case UNSUPPORTED_LANGUAGE ->
                    dev.earshot.v1.Degradation.Reason.REASON_UNSUPPORTED_LANGUAGE;
              });
    }
    for (Degradation.Stage stage : degradation.skippedStages()) {
      message.addSkippedStages(
          switch (stage) {
            case RERANK -> dev.earshot.v1.Degradation.Stage.STAGE_RERANK;
            case RESCORE -> dev.earshot.v1.Degradation.Stage.STAGE_RESCORE;
            case REPAIR -> dev.earshot.v1.Degradation.Stage.STAGE_REPAIR;
          });
    }
    return message.build();
  }

  /** Microseconds, as timings state them. */
  static int micros(long nanos) {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(0, nanos / 1_000));
  }
}
