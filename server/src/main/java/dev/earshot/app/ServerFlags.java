package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The flags of every command that talks to a server. */
final class ServerFlags {
  static final String DEFAULT_SERVER = "localhost:50051";

  /** Of calls that nobody waits for in a conversation. */
  static final Duration CALL_DEADLINE = Duration.ofSeconds(10);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee;

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      showDefaultValue = Visibility.NEVER,
      description =
          "The server to ask. Default: "
              + DEFAULT_SERVER
              + "; of eval: one that is started for it.")
  private @Nullable String server;

  @Option(
      names = "--plaintext",
      description = "Do not encrypt, beyond loopback too. Default: TLS beyond loopback.")
  private boolean plaintext;

  @Option(names = "--json", description = "Print JSON instead of text.")
  private boolean json;

  boolean json() {
    return json;
  }

  /** The server that was named, if one was. */
  @Nullable String named() {
    return server;
  }

  /** Where the server is. */
  String address() {
    return server == null ? DEFAULT_SERVER : server;
  }

  /** A client of the server. Nothing is sent yet. */
  EarshotClient open() {
    return open(address());
  }

  EarshotClient open(String target) {
    try {
      EarshotClient.Builder builder =
          EarshotClient.builder(target)
              .caller("earshot-cli")
              .callDeadline(CALL_DEADLINE)
              .closeGrace(Duration.ofSeconds(1));
      return plaintext ? builder.plaintext().build() : builder.build();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(mixee.commandLine(), "--server: " + e.getMessage(), e);
    }
  }
}
