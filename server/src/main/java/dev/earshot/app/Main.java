package dev.earshot.app;

import dev.earshot.app.eval.EvalDataException;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code earshot} command. */
@Command(
    name = "earshot",
    description = "Skill shortlisting and contextual biasing for voice assistants, over gRPC.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      HelpCommand.class,
      ServeCommand.class,
      DemoCommand.class,
      ShortlistCommand.class,
      BiasCommand.class,
      RescoreCommand.class,
      ProfileCommand.class,
      RecordCommand.class,
      InteractionCommand.class,
      BundleCommand.class,
      StoreCommand.class,
      KeysCommand.class,
      HealthCommand.class,
      EvalCommand.class
    },
    footer = {
      "",
      "Begin with: earshot demo, or earshot serve",
      "Then:       earshot shortlist \"will it rain tomorrow\""
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setDefaultValueProvider(new Configuration(System.getenv()))
        .setExecutionExceptionHandler(Main::explain);
  }

  /** Says why a command failed, and returns what to exit with. */
  static int explain(Exception failure, CommandLine command, ParseResult parsed) {
    command.getErr().println("earshot: " + failure.getMessage());
    if (failure instanceof EvalDataException) {
      return ExitCode.BAD_DATA;
    }
    return failure instanceof StartupException startup ? startup.exitCode() : ExitCode.FAILED;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
