package dev.earshot.perf;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code earshot bench machine}: the line that goes above results that other programs measure. */
@Command(
    name = "machine",
    description = "Describes this machine in a line.",
    mixinStandardHelpOptions = true)
final class MachineCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().println("Machine: " + Machine.describe().summary());
    spec.commandLine().getOut().flush();
  }
}
