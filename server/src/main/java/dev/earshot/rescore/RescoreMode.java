package dev.earshot.rescore;

/** What rescoring may do with hypotheses. */
public enum RescoreMode {
  /** Put them into another order. */
  REORDER,
  /** Put them into another order, and replace spans that sound like a phrase. */
  REPAIR
}
