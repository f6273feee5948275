package dev.earshot.perf.asr;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench asr}: n-best lists of a real recogniser, to measure biasing on. */
@Command(
    name = "asr",
    description =
        "Makes turns of conversations, speaks them, and writes what a real recogniser hears; see"
            + " perf/asr/README.md.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      HelpCommand.class,
      ScenariosCommand.class,
      NBestCommand.class,
      WordErrorsCommand.class
    })
public final class AsrCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
