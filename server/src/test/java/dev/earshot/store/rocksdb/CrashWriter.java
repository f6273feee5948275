package dev.earshot.store.rocksdb;

import dev.earshot.store.Bytes;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Retention;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Writes to a store until it is killed, and tells each acknowledgement on a line of its own: {@code
 * i INTERACTION EVENT} or {@code p USER VERSION}.
 */
final class CrashWriter {
  private static final int THREADS = 4;

  private CrashWriter() {}

  /**
   * Writes for ever.
   *
   * @param args the store's directory; a name for this run, unlike those before
   */
  public static void main(String[] args) {
    RocksDbStore store =
        RocksDbStore.open(
            RocksDbOptions.in(Path.of(args[0])), InstantSource.system(), Retention.DEFAULT);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (int i = 0; i < THREADS; i++) {
      String name = args[1] + "." + i;
      new Thread(() -> write(store, name, out)).start();
    }
  }

  private static void write(RocksDbStore store, String name, PrintStream out) {
    for (int i = 0; ; i++) {
      // All threads share an interaction in turn, of some two hundred events.
      String interactionId = name.substring(0, name.indexOf('.')) + "-" + i / 50;
      String eventId = name + "-" + i;
      NewItem item =
          new NewItem(
              "x" + eventId,
              "UTTERANCE",
              Instant.now().plus(Retention.DEFAULT.ttl()),
              10,
              Bytes.wrap(eventId.getBytes(StandardCharsets.UTF_8)));
      NewEvent event =
          new NewEvent(
              eventId, "X", Instant.EPOCH, "", Optional.empty(), List.of(item), Bytes.EMPTY);
      store
          .context()
          .append(new InteractionWrite(interactionId, "", "u", List.of(event)))
          .toCompletableFuture()
          .join();
      out.println("i " + interactionId + " " + eventId);
      if (i % 10 == 0) {
        int version = i / 10 + 1;
        store
            .profiles()
            .put(new ProfileTable.Row("u" + name, version, Bytes.EMPTY), version - 1)
            .toCompletableFuture()
            .join();
        out.println("p u" + name + " " + version);
      }
    }
  }
}
