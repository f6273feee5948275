package dev.earshot.perf;

import dev.earshot.app.Main;
import dev.earshot.perf.process.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How an Earshot server is started for a measurement. */
final class EarshotProcess {
  private EarshotProcess() {}

  /**
   * A server of this build, or of another one.
   *
   * @param home a folder with another build's launcher; null: this build
   * @param arguments further ones of {@code serve}
   */
  static ServerProcess.Spec spec(@Nullable Path home, Path bundle, List<String> arguments) {
    List<String> serve = new ArrayList<>();
    serve.add("serve");
    serve.add("--port={port}");
    serve.add("--metrics-port=-1");
    serve.add("--bundle=" + bundle.toAbsolutePath());
    serve.addAll(arguments);
    if (home == null) {
      return ServerProcess.java("earshot", Main.class.getName(), serve, true);
    }
    List<String> command = new ArrayList<>();
    command.add(home.resolve("earshot").toAbsolutePath().toString());
    command.addAll(serve);
    return new ServerProcess.Spec("earshot", command, Map.of(), true);
  }

  /** Words of a command line, separated by blanks. */
  static List<String> words(@Nullable String line) {
    return line == null || line.isBlank() ? List.of() : List.of(line.strip().split("\\s+"));
  }
}
