package dev.earshot.perf;

import dev.earshot.app.EarshotServer;
import dev.earshot.app.ServerOptions;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * An Earshot server over a {@link FaultyStore}, which takes the store's state from its standard
 * input, a word a line, and ends with it.
 */
@Command(name = "faulty-server", hidden = true)
final class FaultyServerCommand implements Callable<Integer> {
  @Option(names = "--bundle", required = true)
  private Path bundle;

  /** Gets the port that was given: the options of an embedded server take any free one. */
  @Option(names = "--port-file", required = true)
  private Path portFile;

  @Override
  public Integer call() throws Exception {
    AtomicReference<@Nullable FaultyStore> store = new AtomicReference<>();
    try (EarshotServer server =
            EarshotServer.start(
                ServerOptions.embedded(bundle),
                healthy -> {
                  FaultyStore faulty = new FaultyStore(healthy);
                  store.set(faulty);
                  return faulty;
                });
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      Files.writeString(portFile, Integer.toString(server.port()));
      FaultyStore faulty = store.get();
      for (String word = in.readLine(); word != null; word = in.readLine()) {
        if (faulty != null) {
          faulty.become(FaultyStore.State.valueOf(word.strip().toUpperCase(Locale.ROOT)));
        }
      }
    }
    return 0;
  }
}
