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
  /**
   * Variables, which builds before there was a choice do not mind; a flag goes before them. Where
   * the flag asks for a store on disk, it is an empty one of the server's own.
   */
  private static final Map<String, String> STORE =
      Map.of("EARSHOT_STORE", "memory", "XDG_DATA_HOME", "{work}");

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
      return ServerProcess.java("earshot", Main.class.getName(), serve, true).with(STORE);
    }
    List<String> command = new ArrayList<>();
    command.add(home.resolve("earshot").toAbsolutePath().toString());
    command.addAll(serve);
    return new ServerProcess.Spec("earshot", command, STORE, true);
  }

  /**
   * A server of this build with the models of biasing that are shipped, unless the arguments name
   * others: where servers are started without the launcher they would not find them. And with a
   * store on disk, as a server has that is told nothing: a store in memory is soon full of turns.
   */
  static ServerProcess.Spec withBiasing(Path bundle, List<String> arguments) {
    List<String> all = new ArrayList<>(arguments);
    if (arguments.stream().noneMatch(word -> word.startsWith("--bias-bundle"))) {
      all.add(
          "--bias-bundle=" + BundleOptions.shippedBundle().toAbsolutePath().resolveSibling("bias"));
    }
    if (arguments.stream().noneMatch(word -> word.startsWith("--store"))) {
      all.add("--store=rocksdb");
    }
    return spec(null, bundle, all);
  }

  /** Words of a command line, separated by blanks. */
  static List<String> words(@Nullable String line) {
    return line == null || line.isBlank() ? List.of() : List.of(line.strip().split("\\s+"));
  }
}
