package dev.earshot.perf;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What is to become of a measurement's result: the flags that all measuring commands share. */
final class ResultOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Also writes NAME.json and NAME.md there.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Path save;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Of the result's files. Default: the command's.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String name;

  /** The result's name. */
  String name() {
    return name == null ? command.name() : name;
  }

  /** Prints a result, and writes it where that is asked for. */
  void publish(Object data, String text) throws IOException {
    Results.publish(command.commandLine().getOut(), json, save, name(), data, text);
  }
}
