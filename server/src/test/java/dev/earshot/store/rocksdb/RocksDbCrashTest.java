package dev.earshot.store.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.store.Interaction;
import dev.earshot.store.Interaction.RecordedEvent;
import dev.earshot.store.ItemKey;
import dev.earshot.store.Retention;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store that loses its process in the middle of writes. */
class RocksDbCrashTest {
  private static final int ROUNDS = 3;

  /** Acknowledgements after which a round's process is killed, each round more. */
  private static final int ACKNOWLEDGED = 700;

  @TempDir private Path folder;

  @Test
  @Timeout(120)
  void everyAcknowledgedWriteSurvivesTheKillOfTheProcessOnce() throws Exception {
    Path directory = folder.resolve("store");
    Map<String, List<String>> events = new LinkedHashMap<>();
    Map<String, Long> versions = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      killInTheMiddle(directory, "r" + round, ACKNOWLEDGED * (round + 1), events, versions);
      check(directory, events, versions);
    }
    assertThat(versions).hasSizeGreaterThan(ROUNDS);
  }

  private static void killInTheMiddle(
      Path directory,
      String name,
      int acknowledged,
      Map<String, List<String>> events,
      Map<String, Long> versions)
      throws IOException, InterruptedException {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                CrashWriter.class.getName(),
                directory.toString(),
                name)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = writer.inputReader()) {
      int count = 0;
      // What was told before the kill is read to its end.
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ", -1);
        if (words.length != 3) {
          continue;
        }
        if (words[0].equals("i")) {
          events.computeIfAbsent(words[1], id -> new ArrayList<>()).add(words[2]);
        } else {
          versions.put(words[1], Long.valueOf(words[2]));
        }
        if (++count == acknowledged) {
          // Process.destroyForcibly would also close what it has said so far.
          writer.toHandle().destroyForcibly();
        }
      }
      assertThat(count).isGreaterThanOrEqualTo(acknowledged);
    } finally {
      writer.destroyForcibly();
      assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void check(
      Path directory, Map<String, List<String>> events, Map<String, Long> versions) {
    try (RocksDbStore store =
        RocksDbStore.open(
            RocksDbOptions.in(directory), InstantSource.system(), Retention.DEFAULT)) {
      events.forEach((interactionId, acknowledged) -> {
        Interaction interaction = join(store.context().get(interactionId)).live().orElseThrow();
        List<String> stored = interaction.events().stream().map(RecordedEvent::eventId).toList();
        assertThat(stored).doesNotHaveDuplicates().containsAll(acknowledged);
        List<ItemKey> items =
            interaction.events().stream()
                .flatMap(event -> event.items().stream())
                .map(item -> new ItemKey(interactionId, item.itemId()))
                .toList();
        assertThat(join(store.context().items(items)).found()).hasSize(stored.size());
      });
      versions.forEach((userId, version) ->
          assertThat(join(store.profiles().get(userId)).orElseThrow().version())
              .isGreaterThanOrEqualTo(version));
    }
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
