package dev.earshot.model;

/** A bundle that cannot be served; names the file and what is wrong with it. */
public final class BundleException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final String problem;

  public BundleException(String file, String problem) {
    super(file + ": " + problem);
    this.file = file;
    this.problem = problem;
  }

  public BundleException(String file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
    this.file = file;
    this.problem = problem;
  }

  /** What is wrong with the file. */
  public String problem() {
    return problem;
  }

  /** The offending file, relative to the bundle's directory. */
  public String file() {
    return file;
  }
}
