package dev.earshot.catalog;

import java.util.concurrent.CompletionStage;

/** What answers with the catalogue's model, and changes from one to the next. Thread-safe. */
public interface ModelServer {
  /** Makes all ready that answering with a model takes, while another one answers; blocks. */
  Standby prepare(ServedModel next) throws InterruptedException;

  /** A model that could answer. */
  interface Standby {
    /**
     * Answers with it from now on, and no more with the one before. What was begun there ends
     * there.
     *
     * @return completes after the last run of the one before, which may then be closed; what it
     *     held but the model is closed by then
     */
    CompletionStage<Void> takeOver();
  }
}
