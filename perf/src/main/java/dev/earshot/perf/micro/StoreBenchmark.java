package dev.earshot.perf.micro;

import dev.earshot.store.Bytes;
import dev.earshot.store.ContextItem;
import dev.earshot.store.EventFingerprint;
import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.Profile;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.UserList;
import dev.earshot.store.ProfileStore;
import dev.earshot.store.Retention;
import dev.earshot.store.Store;
import dev.earshot.store.StoredProfiles;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.store.rocksdb.RocksDbOptions;
import dev.earshot.store.rocksdb.RocksDbStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The embedded store as the domain calls it, from the call to the completed stage: the hop to the
 * store's thread and back, RocksDB, decryption, decoding. 100,000 users with 60 enabled skills and
 * a list of 10 contacts each, read in an order that caches do not foresee.
 *
 * <pre>./earshot bench micro --include StoreBenchmark</pre>
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
public class StoreBenchmark {
  private static final int USERS = 100_000;
  private static final int SKILLS = 60;
  private static final int CONTACTS = 10;

  /** Coprime to the number of users: visits each before any again. */
  private static final int STRIDE = 61_803;

  /** What encryption costs is the difference. */
  @Param({"true", "false"})
  public boolean encrypted;

  private Path directory;
  private Store store;
  private ProfileStore profiles;
  private int nextUser;
  private int nextEvent;
  private long version = 1;

  @Setup
  public void open() throws IOException {
    directory = Files.createTempDirectory("earshot-bench-store");
    RocksDbStore embedded =
        RocksDbStore.open(RocksDbOptions.in(directory), InstantSource.system(), Retention.DEFAULT);
    store =
        encrypted
            ? EncryptedStore.open(
                embedded, Keyset.generate(), ForkJoinPool.commonPool(), new SecureRandom())
            : embedded;
    profiles = new StoredProfiles(store.profiles());
    List<CompletableFuture<Boolean>> writes = new ArrayList<>();
    for (int user = 0; user < USERS; user++) {
      writes.add(profiles.put(profile(user, 1), 0).toCompletableFuture());
      if (writes.size() == 1_000) {
        writes.forEach(CompletableFuture::join);
        writes.clear();
      }
    }
    writes.forEach(CompletableFuture::join);
    join(embedded.purgeNow());
  }

  private static Profile profile(int user, long version) {
    return new Profile(
        "user-" + user,
        IntStream.range(0, SKILLS).mapToObj(i -> "skill-" + (user + i * 97) % 40_000).toList(),
        List.of(
            new UserList(
                "contacts",
                IntStream.range(0, CONTACTS)
                    .mapToObj(i -> new Entry("Contact " + user + " " + i, List.of()))
                    .toList())),
        List.of(),
        version,
        Instant.now());
  }

  @Benchmark
  public Profile readProfile() {
    nextUser = (nextUser + STRIDE) % USERS;
    return join(profiles.get("user-" + nextUser)).orElseThrow();
  }

  /** One user's, each write on the device before the next. */
  @Benchmark
  public boolean writeProfileSynced() {
    return join(profiles.put(profile(0, version + 1), version++));
  }

  /** An event with one text, the eighth of its interaction at most. */
  @Benchmark
  public Interaction appendEventWithOneItem() {
    int event = nextEvent++;
    ContextItem item =
        new ContextItem("UTTERANCE", "call Meg Bauer on her mobile", "", "", List.of(), "");
    Bytes content = item.encode();
    NewItem stored =
        new NewItem(
            Integer.toString(event, Character.MAX_RADIX),
            item.kind(),
            Instant.now().plus(Retention.DEFAULT.ttl()),
            item.text().length(),
            content);
    NewEvent written =
        new NewEvent(
            "event-" + event,
            "RECOGNIZE",
            Instant.now(),
            "",
            Optional.empty(),
            List.of(stored),
            EventFingerprint.of(
                "RECOGNIZE", Optional.empty(), "", Optional.empty(), List.of(item)));
    return join(
        store
            .context()
            .append(
                new InteractionWrite(
                    "interaction-" + event / 8,
                    "dialogue-" + event / 64,
                    "user-1",
                    List.of(written))));
  }

  @TearDown
  public void close() throws IOException {
    store.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
