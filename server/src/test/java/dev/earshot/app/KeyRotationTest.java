package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.client.ContextItem;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.Event;
import dev.earshot.client.Interaction;
import dev.earshot.client.Interactions.Recording;
import dev.earshot.client.Profile;
import dev.earshot.client.Profile.ListEntry;
import dev.earshot.client.Profile.UserList;
import dev.earshot.client.ProfileUpdate;
import dev.earshot.client.WriteCondition;
import dev.earshot.model.Bundles;
import dev.earshot.store.Retention;
import dev.earshot.store.dynamodb.DynamoDbLocal;
import dev.earshot.store.dynamodb.DynamoDbOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The keys of a fleet are rotated while it serves. */
@Timeout(240)
@ExtendWith(DynamoDbLocal.Extension.class)
class KeyRotationTest {
  /** Of each caller, between one step of the rotation and the next. */
  private static final int CYCLES = 4;

  private static final List<String> ENABLED = List.of("clinc.timer");

  private final DynamoDbLocal dynamoDb;
  private final String prefix = "rotation-" + UUID.randomUUID();
  @TempDir private Path folder;

  KeyRotationTest(DynamoDbLocal dynamoDb) {
    this.dynamoDb = dynamoDb;
  }

  @Test
  void twoServersRotateTheirKeysWhileBothAreReadAndWritten() throws Exception {
    Path keysetOfOne = folder.resolve("one/keyset.json");
    Path keysetOfTwo = folder.resolve("two/keyset.json");
    run(Stream.concat(Stream.of("store", "create"), storeFlags(keysetOfOne)));
    give(keysetOfOne, keysetOfTwo);
    List<Caller> callers = new ArrayList<>();
    try (EarshotServer one = start(keysetOfOne);
        EarshotServer two = start(keysetOfTwo);
        EarshotClient clientOfOne = client(one);
        EarshotClient clientOfTwo = client(two)) {
      for (int i = 0; i < 2; i++) {
        callers.add(new Caller("one-" + i, clientOfOne, clientOfTwo));
        callers.add(new Caller("two-" + i, clientOfTwo, clientOfOne));
      }
      try (Traffic traffic = new Traffic(callers)) {
        traffic.awaitCycles();
        String oldKey = onFile(keysetOfOne, one, "keys", "list").replace("primary", "").strip();

        String added = onFile(keysetOfOne, one, "keys", "add");
        String newKey = added.lines().filter(line -> !line.contains("primary")).findAny().get();
        traffic.awaitCycles();
        give(keysetOfOne, keysetOfTwo);
        reload(two);
        traffic.awaitCycles();

        onFile(keysetOfOne, one, "keys", "promote", newKey);
        // Here the one seals under the new key and the other under the old one.
        traffic.awaitCycles();
        give(keysetOfOne, keysetOfTwo);
        reload(two);
        traffic.awaitCycles();

        assertThat(onServer(one, "keys", "reencrypt")).doesNotContain(" 0 of them encrypted anew");
        onFile(keysetOfOne, one, "keys", "retire", oldKey);
        traffic.awaitCycles();
        give(keysetOfOne, keysetOfTwo);
        reload(two);
        traffic.awaitCycles();
        assertThat(onFile(keysetOfTwo, two, "keys", "list"))
            .isEqualTo(newKey + "  primary" + System.lineSeparator());
      }
    }

    try (EarshotServer later = start(keysetOfTwo);
        EarshotClient client = client(later)) {
      for (Caller caller : callers) {
        assertThat(caller.cycle).isGreaterThanOrEqualTo(6 * CYCLES);
        caller.checkAll(client);
      }
    }
  }

  /** Writes through one server and reads what was written through the other. */
  private static final class Caller {
    private final String name;
    private final EarshotClient writes;
    private final EarshotClient reads;
    private final Semaphore cycles = new Semaphore(0);
    private int cycle;
    private String etag = "";

    Caller(String name, EarshotClient writes, EarshotClient reads) {
      this.name = name;
      this.writes = writes;
      this.reads = reads;
    }

    /** Any failure ends it. */
    int callUntil(AtomicBoolean over) {
      // Written once, before the rotation: no later write brings it under the new key.
      writes.profiles().enable(still(), ENABLED, WriteCondition.NONE);
      while (!over.get()) {
        ProfileUpdate update =
            ProfileUpdate.of(name)
                .lists(List.of(new UserList("devices", List.of(ListEntry.of(text(cycle))))));
        etag =
            writes
                .profiles()
                .update(etag.isEmpty() ? update.allowMissing() : update.etag(etag))
                .etag();
        Interaction written =
            writes
                .interactions()
                .record(
                    Recording.of(
                        name,
                        interactionId(cycle),
                        Event.of("e" + cycle, Event.RECOGNIZE)
                            .item(ContextItem.of("UTTERANCE", text(cycle)))));
        assertThat(written.events()).isNotEmpty();
        check(reads, cycle);
        checkProfile(reads, cycle);
        cycle++;
        cycles.release();
      }
      return cycle;
    }

    private String still() {
      return name + "-still";
    }

    /** Some cycles write to the same one. */
    private String interactionId(int number) {
      return name + "-" + number / 3;
    }

    private String text(int number) {
      return "said by " + name + " in " + number;
    }

    private void check(EarshotClient client, int number) {
      List<String> texts =
          client.interactions().getWithItems(name, interactionId(number)).events().stream()
              .flatMap(event -> event.items().stream())
              .map(item -> item.item().orElseThrow().text())
              .toList();
      assertThat(texts).contains(text(number));
    }

    private void checkProfile(EarshotClient client, int number) {
      Profile profile = client.profiles().get(name);
      assertThat(profile.lists().get(0).entries()).containsExactly(ListEntry.of(text(number)));
    }

    /** All that was ever written. */
    void checkAll(EarshotClient client) {
      for (int number = 0; number < cycle; number++) {
        check(client, number);
      }
      checkProfile(client, cycle - 1);
      assertThat(client.profiles().get(still()).enabledSkillIds()).isEqualTo(ENABLED);
    }
  }

  /** All callers at once; closing it waits for their ends and throws their failures. */
  private static final class Traffic implements AutoCloseable {
    private final List<Caller> callers;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService threads;
    private final List<Future<Integer>> runs = new ArrayList<>();

    Traffic(List<Caller> callers) {
      this.callers = callers;
      this.threads = Executors.newFixedThreadPool(callers.size());
      callers.forEach(caller -> runs.add(threads.submit(() -> caller.callUntil(over))));
    }

    /** Until every caller has done some cycles from beginning to end. */
    void awaitCycles() throws InterruptedException, ExecutionException {
      for (int i = 0; i < callers.size(); i++) {
        callers.get(i).cycles.drainPermits();
        while (!callers.get(i).cycles.tryAcquire(CYCLES, 1, TimeUnit.SECONDS)) {
          if (runs.get(i).isDone()) {
            throw new AssertionError("ended after " + runs.get(i).get() + " cycles");
          }
        }
      }
    }

    @Override
    public void close() throws InterruptedException, ExecutionException {
      over.set(true);
      threads.shutdown();
      for (Future<Integer> run : runs) {
        assertThat(run.get()).isPositive();
      }
    }
  }

  private EarshotServer start(Path keyset) throws StartupException, InterruptedException {
    return EarshotServer.start(
        ServerOptions.embedded(Bundles.DEFAULT)
            .with(
                new StoreOptions(
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
                        8))));
  }

  private static EarshotClient client(EarshotServer server) {
    return EarshotClient.builder(address(server)).callDeadline(Duration.ofSeconds(60)).build();
  }

  /** As an operator brings a keyset to an instance. */
  private static void give(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Path partial = to.resolveSibling("partial");
    Files.copy(from, partial, StandardCopyOption.REPLACE_EXISTING);
    Files.move(partial, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void reload(EarshotServer server) {
    assertThat(onServer(server, "keys", "reload")).contains("primary");
  }

  /** Of a command on a keyset's file and the server that it is of. */
  private String onFile(Path keyset, EarshotServer server, String... words) {
    return run(
        Stream.of(Stream.of(words), storeFlags(keyset), Stream.of("--server=" + address(server)))
            .flatMap(part -> part));
  }

  private static String onServer(EarshotServer server, String... words) {
    return run(Stream.concat(Stream.of(words), Stream.of("--server=" + address(server))));
  }

  private Stream<String> storeFlags(Path keyset) {
    return Stream.of(
        "--store=dynamodb",
        "--dynamodb-endpoint=" + dynamoDb.endpoint(),
        "--dynamodb-prefix=" + prefix,
        "--keyset=" + keyset);
  }

  private static String address(EarshotServer server) {
    return "localhost:" + server.port();
  }

  /** A command as a person gives it, which succeeds; what it prints. */
  private static String run(Stream<String> words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    assertThat(command.execute(words.toArray(String[]::new))).as(err.toString()).isZero();
    return out.toString();
  }
}
