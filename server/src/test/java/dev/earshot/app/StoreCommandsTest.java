package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.WriteCondition;
import dev.earshot.model.Bundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands on a store and its keys, against a real server. */
@Timeout(120)
class StoreCommandsTest {
  private static final List<String> ENABLED = List.of("clinc.timer");

  @TempDir private Path dataDir;
  private EarshotServer server;
  private EarshotClient client;

  @BeforeEach
  void start() throws Exception {
    server =
        EarshotServer.start(ServerOptions.embedded(Bundles.DEFAULT).with(StoreOptions.in(dataDir)));
    client = EarshotClient.builder(address()).build();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private String address() {
    return "127.0.0.1:" + server.port();
  }

  private Run keys(String... arguments) {
    return onFile(new KeysCommand(), arguments);
  }

  private Run onFile(Object command, String... arguments) {
    return Run.of(
        command,
        Stream.concat(
                Stream.of(arguments),
                Stream.of("--data-dir", dataDir.toString(), "--server", address()))
            .toArray(String[]::new));
  }

  private Run onServer(Object command, String... arguments) {
    return Run.of(
        command,
        Stream.concat(Stream.of(arguments), Stream.of("--server", address()))
            .toArray(String[]::new));
  }

  @Test
  void rotatesKeysUnderLoadWithoutAFailedRequest() {
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Integer> load =
        CompletableFuture.supplyAsync(() -> {
          int calls = 0;
          for (; !over.get() || calls < 100; calls++) {
            String user = "user-" + calls % 20;
            client.profiles().enable(user, ENABLED, WriteCondition.NONE);
            assertThat(client.profiles().get(user).enabledSkillIds()).isEqualTo(ENABLED);
          }
          return calls;
        });
    String oldKey = primary(keys("list"));
    Run added = keys("add");
    String newKey =
        added.out().lines().filter(line -> !line.contains("primary")).findFirst().orElseThrow();
    assertThat(keys("promote", newKey).exitCode()).isEqualTo(ExitCode.OK);

    Run early = keys("retire", oldKey);
    assertThat(early.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(early.err()).contains("lacks keys that stored values need", "stays as it was");
    assertThat(keys("list").out()).contains(oldKey);

    Run reencrypted = onServer(new KeysCommand(), "reencrypt");
    assertThat(reencrypted.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(reencrypted.out()).contains("0 unreadable");
    assertThat(reencrypted.err()).containsPattern("Encrypting anew +\\d+ of \\d+ ");
    assertThat(keys("retire", oldKey).exitCode()).isEqualTo(ExitCode.OK);
    over.set(true);
    assertThat(load.join()).isGreaterThanOrEqualTo(100);
    for (int user = 0; user < 20; user++) {
      assertThat(client.profiles().get("user-" + user).enabledSkillIds()).isEqualTo(ENABLED);
    }
    assertThat(primary(onServer(new KeysCommand(), "reload"))).isEqualTo(newKey);
  }

  private static String primary(Run listed) {
    assertThat(listed.exitCode()).as(listed.err()).isEqualTo(ExitCode.OK);
    return listed
        .out()
        .lines()
        .filter(line -> line.endsWith("primary"))
        .findFirst()
        .orElseThrow()
        .replace("primary", "")
        .strip();
  }

  @Test
  void restoresABackupInPlaceOfALostStore() throws Exception {
    client.profiles().enable("ada", ENABLED, WriteCondition.NONE);
    assertThat(onServer(new StoreCommand(), "backup", "first").exitCode()).isEqualTo(ExitCode.OK);
    Run taken = onServer(new StoreCommand(), "backup", "first");
    assertThat(taken.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(taken.err()).contains("there is a backup first");
    assertThat(onServer(new StoreCommand(), "backup", "../away").exitCode())
        .isEqualTo(ExitCode.USAGE);
    assertThat(onServer(new StoreCommand(), "describe").out())
        .contains("rocksdb", "profiles", "primary");
    client.profiles().enable("bob", ENABLED, WriteCondition.NONE);
    stop();

    Run inPlace = restore("first");
    assertThat(inPlace.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(inPlace.err()).contains("is there already");
    remove(dataDir.resolve("store"));
    assertThat(restore("none").exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(restore("first").exitCode()).isEqualTo(ExitCode.OK);
    start();
    assertThat(client.profiles().find("ada")).isPresent();
    assertThat(client.profiles().find("bob")).isEmpty();
  }

  private Run restore(String backup) {
    return Run.of(new StoreCommand(), "restore", backup, "--data-dir", dataDir.toString());
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
