package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.WriteCondition;
import dev.earshot.model.Bundles;
import dev.earshot.store.Retention;
import dev.earshot.store.dynamodb.DynamoDbLocal;
import dev.earshot.store.dynamodb.DynamoDbOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Servers that share a DynamoDB. */
@Timeout(120)
@ExtendWith(DynamoDbLocal.Extension.class)
class DynamoDbServerTest {
  private static final List<String> ENABLED = List.of("clinc.timer");

  private final DynamoDbLocal dynamoDb;
  private final String prefix = "server-" + UUID.randomUUID();
  @TempDir private Path folder;

  DynamoDbServerTest(DynamoDbLocal dynamoDb) {
    this.dynamoDb = dynamoDb;
  }

  @Test
  void twoServersShareWhatTheyKeep() throws Exception {
    Path keyset = folder.resolve("keys/keyset.json");
    assertThat(startingFails(keyset))
        .hasMessageContaining(prefix + "-profiles does not exist")
        .hasMessageContaining("earshot store create");

    assertThat(create(keyset))
        .contains("made        table " + prefix + "-profiles", "made        keyset");
    assertThat(create(keyset))
        .contains("there       table", "there       keyset")
        .doesNotContain("made");

    try (EarshotServer one = start(keyset);
        EarshotServer two = start(keyset);
        EarshotClient client = client(one);
        EarshotClient other = client(two)) {
      client.profiles().enable("ada", ENABLED, WriteCondition.NONE);
      assertThat(other.profiles().get("ada").enabledSkillIds()).isEqualTo(ENABLED);
    }
  }

  @Test
  void noServerMakesAKeyset() throws Exception {
    Path keyset = folder.resolve("keyset.json");
    create(keyset);
    Files.delete(keyset);

    StartupException failure = startingFails(keyset);
    assertThat(failure.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(failure).hasMessageContaining("keyset that all servers share is not at");
    assertThat(keyset).doesNotExist();
  }

  @Test
  void noKeysetIsMadeForTablesThatHaveOne() throws Exception {
    Path keyset = folder.resolve("keyset.json");
    create(keyset);
    start(keyset).close();
    Files.delete(keyset);

    StringWriter err = new StringWriter();
    assertThat(storeCreate(keyset, new StringWriter(), err)).isEqualTo(ExitCode.BAD_DATA);
    assertThat(err.toString()).contains("encrypted under a keyset that is not at");
    assertThat(keyset).doesNotExist();
  }

  private StoreOptions options(Path keyset) {
    return new StoreOptions(
        StoreOptions.Kind.DYNAMODB,
        folder,
        keyset,
        null,
        Retention.DEFAULT,
        StoreOptions.memory().memoryBytes(),
        Set.of(),
        new DynamoDbOptions(
            Optional.of(dynamoDb.endpoint()),
            Optional.empty(),
            prefix,
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            8));
  }

  private EarshotServer start(Path keyset) throws StartupException, InterruptedException {
    return EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT).with(options(keyset)));
  }

  private StartupException startingFails(Path keyset) {
    return catchThrowableOfType(StartupException.class, () -> start(keyset));
  }

  private static EarshotClient client(EarshotServer server) {
    return EarshotClient.builder("localhost:" + server.port())
        .callDeadline(Duration.ofSeconds(60))
        .build();
  }

  private String create(Path keyset) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    assertThat(storeCreate(keyset, out, err)).as(err.toString()).isEqualTo(ExitCode.OK);
    return out.toString();
  }

  private int storeCreate(Path keyset, StringWriter out, StringWriter err) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(
        "store",
        "create",
        "--store",
        "dynamodb",
        "--dynamodb-endpoint",
        dynamoDb.endpoint().toString(),
        "--dynamodb-prefix",
        prefix,
        "--keyset",
        keyset.toString());
  }
}
