package dev.earshot.model;

/** A bundle that cannot be served; names the file and what is wrong with it. */
public final class BundleException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String file;

  public BundleException(String file, String problem) {
    super(file + ": " + problem);
    this.file = file;
  }

  public BundleException(String file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
    this.file = file;
  }

  /** The offending file, relative to the bundle's directory. */
  public String file() {
    return file;
  }
}
