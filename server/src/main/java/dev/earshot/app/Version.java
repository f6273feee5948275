package dev.earshot.app;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "earshot " + number(),
      "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name", "unknown VM")
    };
  }

  /** The version that the build wrote into the archive; of classes outside one, "development". */
  static String number() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
