package dev.earshot.store.rocksdb;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.InteractionRead;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Retention;
import dev.earshot.store.Store;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store leaves in its directory, and what it makes of what it finds there. */
class RocksDbDirectoryTest {
  private static final String TEXT = "call Meg Bauer on her mobile";

  @TempDir private Path folder;

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private long freeBytes = Long.MAX_VALUE;
  private final List<Store> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(Store::close);
  }

  private RocksDbStore open(Path directory) {
    RocksDbStore store =
        RocksDbStore.open(
            RocksDbOptions.in(directory), () -> now, Retention.DEFAULT, () -> freeBytes);
    opened.add(store);
    return store;
  }

  private Path directory() {
    return folder.resolve("store");
  }

  @Test
  void keepsWhatWasAcknowledgedAcrossRestarts() {
    RocksDbStore store = open(directory());
    append(store, "i", "u", TEXT);
    join(store.profiles().put(profile("u", TEXT), 0));
    join(store.catalog().append(new CatalogLog.Entry(1, bytes("skill"))));
    store.close();

    RocksDbStore again = open(directory());
    assertThat(join(again.context().get("i")).live()).isPresent();
    assertThat(join(again.context().ofUser("u", 1))).hasSize(1);
    assertThat(join(again.profiles().get("u"))).contains(profile("u", TEXT));
    assertThat(join(again.catalog().version())).isEqualTo(1);
  }

  @Test
  void removesAfterARestartWhatExpiredMeanwhile() throws IOException {
    RocksDbStore store = open(directory());
    append(store, "i", "u", TEXT);
    store.close();
    now = now.plus(Retention.DEFAULT.ttl());

    RocksDbStore again = open(directory());
    assertThat(join(again.context().get("i"))).isEqualTo(InteractionRead.Gone.EXPIRED);
    assertThat(join(again.removeExpired())).isEqualTo(2);
    assertThat(join(again.removeExpired())).isZero();
    join(again.purgeNow());
    again.close();
    assertThat(filesHold(TEXT)).isFalse();
  }

  @Test
  void nothingIsLeftInTheFilesOfWhatExpiredOrWasDeleted() throws IOException {
    RocksDbStore store = open(directory());
    append(store, "expiring", "", "said by nobody");
    append(store, "deleted", "u", "said to be deleted");
    append(store, "users", "v", "said by a user who goes");
    join(
        store
            .context()
            .putDerived(
                new DerivedItem(
                    new ItemKey("deleted", "~vector"),
                    1,
                    now.plusSeconds(60),
                    bytes("derived from what was said"))));
    join(store.profiles().put(profile("v", "contact of a user who goes"), 0));
    append(store, "staying", "w", "said to stay");
    assertThat(filesHold("said by nobody")).as("the search finds what is there").isTrue();

    join(store.context().delete("u", "deleted"));
    join(store.deleteUser("v"));
    now = now.plus(Retention.DEFAULT.ttl()).minusSeconds(1);
    append(store, "young", "w", "said just now");
    now = now.plusSeconds(1);
    join(store.removeExpired());
    join(store.purgeNow());

    assertThat(filesHold("said by nobody")).isFalse();
    assertThat(filesHold("said to be deleted")).isFalse();
    assertThat(filesHold("derived from what was said")).isFalse();
    assertThat(filesHold("said by a user who goes")).isFalse();
    assertThat(filesHold("contact of a user who goes")).isFalse();
    assertThat(filesHold("said just now")).isTrue();
  }

  @Test
  void oneDeletedInteractionAloneIsPurgedInTime() throws Exception {
    RocksDbStore store = open(directory());
    append(store, "deleted", "u", TEXT);
    // In the same log, which lasts as long as anything in it is in no file.
    join(store.profiles().put(profile("other", "stays"), 0));
    assertThat(filesHold(TEXT)).isTrue();
    join(store.context().delete("u", "deleted"));
    store.purge();

    assertThat(filesHold(TEXT)).isFalse();
  }

  @Test
  void sweepsWhatAClockThatWasSetBackLeftBehind() {
    RocksDbStore store = open(directory());
    append(store, "i", "u", TEXT);
    now = now.plus(Retention.DEFAULT.ttl());
    assertThat(join(store.removeExpired())).isEqualTo(2);
    now = now.minus(Retention.DEFAULT.maxAge());
    append(store, "j", "u", TEXT);
    assertThat(join(store.removeExpired())).isZero();
    now = now.plus(Retention.DEFAULT.ttl());
    assertThat(join(store.removeExpired())).isEqualTo(2);
  }

  @Test
  void noTextIsReadableInTheFilesOfAnEncryptedStore() throws IOException {
    RocksDbStore store = open(directory());
    Store encrypted =
        EncryptedStore.open(
            store, Keyset.generate(), ForkJoinPool.commonPool(), new SecureRandom());
    append(encrypted, "i", "u", TEXT);
    join(encrypted.profiles().put(profile("u", "Zoë Ångström, 22 Acacia Avenue"), 0));
    join(encrypted.catalog().append(new CatalogLog.Entry(1, bytes("tell me my horoscope"))));
    join(store.purgeNow());
    append(encrypted, "still-in-the-log", "u", "play my guilty pleasures");

    assertThat(filesHold("still-in-the-log")).as("the search finds what is there").isTrue();
    for (String word :
        List.of("Meg", "Bauer", "mobile", "Zoë", "Acacia", "horoscope", "guilty", "pleasures")) {
      assertThat(filesHold(word)).as(word).isFalse();
    }
  }

  @Test
  void aSecondOwnerIsRefused() {
    open(directory());

    StoreException failure = catchThrowableOfType(StoreException.class, () -> open(directory()));
    assertThat(failure.kind()).isEqualTo(Kind.IN_USE);
    assertThat(failure).hasMessageContaining(directory().toString());
  }

  @Test
  void aDirectoryWithOtherFilesIsRefused() throws IOException {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve("letter.txt"), "dear");

    assertThat(catchThrowableOfType(StoreException.class, () -> open(directory())).kind())
        .isEqualTo(Kind.FORMAT);
    assertThat(directory().resolve("letter.txt")).hasContent("dear");
  }

  @Test
  void aBrokenBlockFailsItsOwnReadsAndNothingElse() throws IOException {
    RocksDbStore store = open(directory());
    byte[] content = new byte[500];
    Random random = new Random(1);
    int users = 2_000;
    for (int i = 0; i < users; i++) {
      random.nextBytes(content);
      join(store.profiles().put(new ProfileTable.Row("u" + i, 1, Bytes.wrap(content.clone())), 0));
    }
    join(store.purgeNow());
    store.close();
    Path largest;
    try (Stream<Path> files = Files.list(directory())) {
      largest =
          files
              .filter(file -> file.toString().endsWith(".sst"))
              .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
              .orElseThrow();
    }
    try (RandomAccessFile file = new RandomAccessFile(largest.toFile(), "rw")) {
      file.seek(file.length() / 2);
      int read = file.read();
      file.seek(file.length() / 2);
      file.write(read ^ 1);
    }

    RocksDbStore broken = open(directory());
    int readable = 0;
    int unreadable = 0;
    for (int i = 0; i < users; i++) {
      try {
        join(broken.profiles().get("u" + i));
        readable++;
      } catch (CompletionException e) {
        assertThat(((StoreException) requireNonNull(e.getCause())).kind())
            .isEqualTo(Kind.UNREADABLE);
        unreadable++;
      }
    }
    assertThat(unreadable).isBetween(1, 20);
    assertThat(readable).isEqualTo(users - unreadable);
    assertThat(join(broken.profiles().put(profile("new", TEXT), 0))).isTrue();
    append(broken, "i", "u", TEXT);
    assertThat(join(broken.context().get("i")).live()).isPresent();
  }

  @Test
  void withoutRoomWritesAreRefusedUntilThereIsSome() {
    RocksDbStore store = open(directory());
    join(store.profiles().put(profile("u", "before"), 0));
    append(store, "i", "u", TEXT);
    freeBytes = 1 << 20;
    store.checkRoom();

    assertThat(kind(store.profiles().put(profile("v", "x"), 0))).isEqualTo(Kind.NO_ROOM);
    assertThat(join(store.profiles().get("u"))).isPresent();
    assertThat(join(store.context().delete("u", "i"))).isTrue();
    freeBytes = 1L << 40;
    store.checkRoom();
    assertThat(join(store.profiles().put(profile("v", "x"), 0))).isTrue();
  }

  @Test
  void aBackupIsAStoreAsItWasAtOneMoment() {
    RocksDbStore store = open(directory());
    join(store.profiles().put(profile("u", "before"), 0));
    append(store, "i", "u", TEXT);
    Path backup = folder.resolve("backup");
    join(store.backUp(backup));
    join(store.profiles().put(profile("v", "after"), 0));

    RocksDbStore restored = open(backup);
    assertThat(join(restored.profiles().get("u"))).contains(profile("u", "before"));
    assertThat(join(restored.profiles().get("v"))).isEmpty();
    assertThat(join(restored.context().get("i")).live()).isPresent();
  }

  private void append(Store store, String interactionId, String userId, String text) {
    NewItem item =
        new NewItem(
            "x", "UTTERANCE", now.plus(Retention.DEFAULT.ttl()), text.length(), bytes(text));
    NewEvent event =
        new NewEvent("e", "RECOGNIZE", now, "", Optional.empty(), List.of(item), bytes("f"));
    join(store.context().append(new InteractionWrite(interactionId, "d", userId, List.of(event))));
  }

  /** Whether any file of the directory holds a text. */
  private boolean filesHold(String text) throws IOException {
    String wanted = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    try (Stream<Path> files = Files.walk(directory())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(wanted)) {
          return true;
        }
      }
    }
    return false;
  }

  private static ProfileTable.Row profile(String userId, String content) {
    return new ProfileTable.Row(userId, 1, bytes(content));
  }

  private static Bytes bytes(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Kind kind(CompletionStage<?> stage) {
    CompletionException failure =
        catchThrowableOfType(CompletionException.class, () -> join(stage));
    return ((StoreException) requireNonNull(failure.getCause())).kind();
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
