package dev.earshot.model;

/**
 * A bundle that can be run. Thread-safe, but for {@link #close()}, which must come after the last
 * run of every {@link Workspace}.
 */
public interface ShortlistModel extends AutoCloseable {
  /** The bundle's version. */
  String version();

  Tokenizer tokenizer();

  SkillTable skills();

  Calibration calibration();

  /** What the model reads of a user; see {@link Bundle#enabledSkills}. */
  EnabledSkills enabledSkills(int[] rows);

  /** How loading went, and what each shape takes. */
  LoadReport report();

  /**
   * New buffers for one worker.
   *
   * @param maxRows the most requests of one batch, and the most texts that are encoded at a time
   */
  Workspace workspace(int maxRows);

  @Override
  void close();
}
