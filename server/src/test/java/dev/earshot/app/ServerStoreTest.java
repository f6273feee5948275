package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.WriteCondition;
import dev.earshot.model.Bundles;
import dev.earshot.store.Retention;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.store.crypto.KeysetFile;
import dev.earshot.store.rocksdb.RocksDbOptions;
import dev.earshot.store.rocksdb.RocksDbStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server on a data directory. */
@Timeout(120)
class ServerStoreTest {
  private static final List<String> ENABLED = List.of("clinc.timer");

  @TempDir private Path folder;

  private Path dataDir() {
    return folder.resolve("data");
  }

  private EarshotServer start() throws StartupException, InterruptedException {
    return EarshotServer.start(
        ServerOptions.embedded(Bundles.DEFAULT).with(StoreOptions.in(dataDir())));
  }

  private StartupException startingFails() {
    return catchThrowableOfType(StartupException.class, this::start);
  }

  @Test
  void keepsProfilesAcrossRestartsForOneServerAtATimeAndItsKeysetAlone() throws Exception {
    try (EarshotServer server = start();
        EarshotClient client = client(server)) {
      client.profiles().enable("ada", ENABLED, WriteCondition.NONE);
      StartupException second = startingFails();
      assertThat(second.exitCode()).isEqualTo(ExitCode.IN_USE);
      assertThat(second).hasMessageContaining("in use by another process");
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dataDir())))
        .isEqualTo("rwx------");
    try (EarshotServer server = start();
        EarshotClient client = client(server)) {
      assertThat(client.profiles().get("ada").enabledSkillIds()).isEqualTo(ENABLED);
    }

    Path keyset = dataDir().resolve("keyset.json");
    Path away = folder.resolve("away.json");
    Files.move(keyset, away);
    StartupException missing = startingFails();
    assertThat(missing.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(missing).hasMessageContaining("keyset");
    assertThat(keyset).doesNotExist();

    new KeysetFile(keyset, null).create(Keyset.generate());
    StartupException other = startingFails();
    assertThat(other.exitCode()).isEqualTo(ExitCode.BAD_DATA);
    assertThat(other).hasMessageContaining("lacks keys that stored values need");

    Files.delete(keyset);
    Files.move(away, keyset);
    try (EarshotServer server = start();
        EarshotClient client = client(server)) {
      assertThat(client.profiles().get("ada").enabledSkillIds()).isEqualTo(ENABLED);
    }
  }

  @Test
  void warmingUpLeavesNothingInTheStore() throws Exception {
    start().close();

    try (RocksDbStore store =
        RocksDbStore.open(
            RocksDbOptions.in(dataDir().resolve("store")),
            InstantSource.system(),
            Retention.DEFAULT)) {
      assertThat(store.isEmpty().toCompletableFuture().join()).isTrue();
    }
  }

  @Test
  void saysThatTheDataDirectoryCannotBeMade() throws Exception {
    Files.writeString(dataDir(), "a file, not a directory");

    StartupException failure = startingFails();
    assertThat(failure.exitCode()).isEqualTo(ExitCode.IO_ERROR);
    assertThat(failure).hasMessageContaining(dataDir().toString());
  }

  private static EarshotClient client(EarshotServer server) {
    return EarshotClient.builder("127.0.0.1:" + server.port()).build();
  }
}
