package dev.earshot.app.eval;

/** With whose context rows are asked. */
public enum Mode {
  /** Each row by its user. */
  PERSONAL("personal"),
  /** By nobody. */
  CONTEXT_FREE("context-free");

  private final String label;

  Mode(String label) {
    this.label = label;
  }

  /** As people read it. */
  public String label() {
    return label;
  }
}
