package dev.earshot.app;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Where a flag's value comes from when it is not on the command line: the environment ({@code
 * --metrics-port} is {@code EARSHOT_METRICS_PORT}), then the configuration file that {@code
 * EARSHOT_CONFIG} names ({@code metrics-port=9464}), then the default.
 */
final class Configuration implements IDefaultValueProvider {
  static final String FILE_VARIABLE = "EARSHOT_CONFIG";

  private final Map<String, String> environment;
  private @Nullable Properties file;

  Configuration(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public @Nullable String defaultValue(ArgSpec arg) {
    if (!(arg instanceof OptionSpec option) || !option.longestName().startsWith("--")) {
      return null;
    }
    String name = option.longestName().substring(2);
    if (name.equals("help") || name.equals("version")) {
      return null;
    }
    String variable = "EARSHOT_" + name.replace('-', '_').toUpperCase(Locale.ROOT);
    String value = environment.get(variable);
    return value != null ? value : file(arg).getProperty(name);
  }

  private Properties file(ArgSpec arg) {
    if (file == null) {
      Properties properties = new Properties();
      String path = environment.get(FILE_VARIABLE);
      if (path != null) {
        try (Reader reader = Files.newBufferedReader(Path.of(path))) {
          properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
          throw new ParameterException(
              arg.command().commandLine(),
              FILE_VARIABLE + ": " + path + " cannot be read (expected: a file of NAME=VALUE)",
              e);
        }
      }
      file = properties;
    }
    return file;
  }
}
