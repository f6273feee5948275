package dev.earshot.perf;

import dev.earshot.model.BundleException;
import dev.earshot.perf.asr.AsrCommand;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench}: measures Earshot on this machine. */
@Command(
    name = "earshot bench",
    description = "Measures Earshot on this machine; see perf/README.md.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      HelpCommand.class,
      LoadCommand.class,
      PairedCommand.class,
      BiasSweepCommand.class,
      TurnsCommand.class,
      CrashCommand.class,
      StartCommand.class,
      PeersCommand.class,
      ReportCommand.class,
      MicroCommand.class,
      MemoryCommand.class,
      RecallCommand.class,
      BundleCommand.class,
      AsrCommand.class,
      MachineCommand.class,
      MemoryProbe.class,
      EchoServer.class,
      RuntimeFloorProbe.class,
      StallsProbe.class,
      InProcessProbe.class,
      PlainServerCommand.class,
      FaultyServerCommand.class
    })
public final class BenchMain implements Runnable {
  @Spec private CommandSpec spec;

  private BenchMain() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new BenchMain())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          if (!(failure instanceof BenchException
              || failure instanceof BundleException
              || failure instanceof IOException)) {
            throw failure;
          }
          command.getErr().println("earshot bench: " + failure.getMessage());
          return CommandLine.ExitCode.SOFTWARE;
        });
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
