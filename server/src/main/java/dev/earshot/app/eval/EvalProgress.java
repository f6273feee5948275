package dev.earshot.app.eval;

/** Told how far an evaluation is. Called from several threads. */
public interface EvalProgress {
  /** A stretch of work begins, of so many steps or about so many. */
  void begin(String what, int steps);

  /** One step of it is done. */
  void step();

  /** The stretch is done. */
  void end();
}
