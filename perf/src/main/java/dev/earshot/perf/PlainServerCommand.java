package dev.earshot.perf;

import dev.earshot.model.Bundle;
import dev.earshot.perf.peers.PlainServer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs {@link PlainServer} in a process of its own. */
@Command(name = "plain-server", hidden = true)
final class PlainServerCommand implements Callable<Integer> {
  @Option(names = "--port", required = true)
  private int port;

  @Option(names = "--bundle", required = true)
  private Path bundle;

  @Override
  public Integer call() throws Exception {
    PlainServer.start(Bundle.open(bundle), port).awaitTermination();
    return 0;
  }
}
