package dev.earshot.app;

/** What commands exit with, after the conventions of {@code sysexits.h} where there is one. */
final class ExitCode {
  static final int OK = 0;

  /** It did not work, for a reason that was printed. */
  static final int FAILED = 1;

  /** The command line is wrong. */
  static final int USAGE = 2;

  /** The bundle or an input file is missing, damaged or not as it should be. */
  static final int BAD_DATA = 65;

  /** What is needed is not there: the server, or the execution provider. */
  static final int UNAVAILABLE = 69;

  /** The address cannot be listened on. */
  static final int CANNOT_LISTEN = 71;

  /** The store cannot be opened: the disk, its permissions. */
  static final int IO_ERROR = 74;

  /** Another process has the data directory. */
  static final int IN_USE = 75;

  private ExitCode() {}
}
