package dev.earshot.store.crypto;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Retention;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.SealedRecords.Sealed;
import dev.earshot.store.Store;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.Table;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EncryptedStoreTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = NOW.plusSeconds(60);

  private final MemoryStore memory = new MemoryStore(() -> NOW, Retention.DEFAULT);
  private final Keyset keyset = Keyset.generate();

  @Test
  void theStoreBehindSeesNoContent() {
    writeSome(open(keyset));

    String seen =
        sealed().stream()
            .map(record -> new String(record.content().array(), StandardCharsets.ISO_8859_1))
            .collect(Collectors.joining());
    assertThat(sealed()).hasSize(6);
    assertThat(seen).doesNotContain("secret");
  }

  @Test
  void anyFlippedBitIsATypedErrorOfThatValueAlone() {
    Store store = open(keyset);
    writeSome(store);
    for (Sealed record : sealed()) {
      byte[] content = record.content().toArray();
      for (int bit = 0; bit < content.length * 8; bit += 7) {
        byte[] flipped = content.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        Sealed broken = replaced(record, Bytes.wrap(flipped));
        assertThat(readable(store)).as("bit " + bit).isEqualTo(5);
        replaced(broken, record.content());
      }
    }
    assertThat(readable(store)).isEqualTo(6);
  }

  @Test
  void aContentUnderAnotherKeyOrInAnotherTableIsATypedError() {
    Store store = open(keyset);
    writeSome(store);
    List<Sealed> records = sealed();
    for (Sealed to : records) {
      for (Sealed from : records) {
        if (!from.equals(to)) {
          Sealed moved = replaced(to, from.content());
          assertThat(readable(store)).isEqualTo(5);
          replaced(moved, to.content());
        }
      }
    }
  }

  @Test
  void repeatedContentsDoNotLookAlike() {
    Store store = open(keyset);
    join(store.profiles().put(new ProfileTable.Row("u", 1, bytes("the same")), 0));
    join(store.profiles().put(new ProfileTable.Row("v", 1, bytes("the same")), 0));

    assertThat(sealed().stream().map(Sealed::content).distinct()).hasSize(2);
  }

  @Test
  void fingerprintsDoNotTellWhichEventsAreAlike() {
    Store store = open(keyset);
    NewEvent event =
        new NewEvent("e", "X", NOW, "", Optional.empty(), List.of(), bytes("fingerprint"));
    join(store.context().append(new InteractionWrite("i", "", "", List.of(event))));
    join(store.context().append(new InteractionWrite("j", "", "", List.of(event))));

    Bytes first = fingerprint("i");
    assertThat(first).isNotEqualTo(bytes("fingerprint")).isNotEqualTo(fingerprint("j"));
    join(store.context().append(new InteractionWrite("i", "", "", List.of(event))));
    assertThat(fingerprint("i")).isEqualTo(first);
  }

  @Test
  void anotherKeysetIsRefusedAtTheStart() {
    writeSome(open(keyset));

    StoreException failure =
        catchThrowableOfType(StoreException.class, () -> open(Keyset.generate()));
    assertThat(failure.kind()).isEqualTo(Kind.KEY_MISSING);
    assertThat(failure).hasMessageContaining(Long.toString(keyset.primaryKeyId()));
    assertThat(readable(open(keyset))).isEqualTo(6);
  }

  @Test
  void contentsThatWereNotSealedAreRefusedAtTheStart() {
    join(memory.profiles().put(new ProfileTable.Row("u", 1, bytes("in the clear")), 0));

    assertThat(catchThrowableOfType(StoreException.class, () -> open(keyset)).kind())
        .isEqualTo(Kind.FORMAT);
  }

  @Test
  void keysRotateWithoutAnUnreadableMoment() throws KeysetException {
    EncryptedStore store = open(keyset);
    writeSome(store);
    Keyset added = keyset.withNewKey();
    long oldKey = keyset.primaryKeyId();
    long newKey =
        added.keys().stream().filter(key -> !key.primary()).findFirst().orElseThrow().id();

    store.use(added);
    assertThat(readable(store)).isEqualTo(6);
    Keyset promoted = added.withPrimary(newKey);
    store.use(promoted);
    assertThat(readable(store)).isEqualTo(6);
    assertThat(store.neededKeyIds()).containsExactlyInAnyOrder(oldKey, newKey);
    assertThat(kind(() -> store.use(withoutChecked(promoted, oldKey)))).isEqualTo(Kind.KEY_MISSING);
    assertThat(store.keyset()).isSameAs(promoted);

    List<EncryptedStore.Progress> told = new ArrayList<>();
    EncryptedStore.Progress progress = store.reencrypt(told::add);
    assertThat(progress.reencrypted()).isEqualTo(6);
    assertThat(progress.unreadable()).isZero();
    assertThat(told).isNotEmpty().last().isEqualTo(progress);
    assertThat(store.neededKeyIds()).containsExactly(newKey);

    Keyset retired = promoted.without(oldKey);
    store.use(retired);
    assertThat(readable(store)).isEqualTo(6);
    assertThat(readable(open(retired))).isEqualTo(6);
    assertThat(kind(() -> open(keyset))).isEqualTo(Kind.KEY_MISSING);
  }

  @Test
  void anInstanceThatMissedThePromotionStillReadsEverything() throws KeysetException {
    Keyset added = keyset.withNewKey();
    EncryptedStore first = open(added);
    EncryptedStore second = open(added);
    writeSome(first);
    long newKey =
        added.keys().stream().filter(key -> !key.primary()).findFirst().orElseThrow().id();
    first.use(added.withPrimary(newKey));
    join(first.profiles().put(new ProfileTable.Row("u", 2, bytes("written anew")), 1));

    assertThat(join(second.profiles().get("u")).orElseThrow().content())
        .isEqualTo(bytes("written anew"));
    assertThat(kind(() -> open(keyset))).isEqualTo(Kind.KEY_MISSING);
  }

  @Test
  void reencryptionOvertakesNoWrite() throws KeysetException {
    EncryptedStore store = open(keyset);
    writeSome(store);
    Keyset added = keyset.withNewKey();
    long newKey =
        added.keys().stream().filter(key -> !key.primary()).findFirst().orElseThrow().id();
    store.use(added.withPrimary(newKey));
    AtomicBoolean written = new AtomicBoolean();
    store.reencrypt(progress -> {
      if (!written.getAndSet(true)) {
        join(store.profiles().put(new ProfileTable.Row("u", 2, bytes("meanwhile")), 1));
      }
    });

    assertThat(join(store.profiles().get("u")).orElseThrow().content())
        .isEqualTo(bytes("meanwhile"));
  }

  @Test
  void anUnreadableValueKeepsTheOldKeyNeeded() throws KeysetException {
    EncryptedStore store = open(keyset);
    writeSome(store);
    Sealed record = sealed().get(0);
    byte[] broken = record.content().toArray();
    broken[broken.length - 1] ^= 1;
    replaced(record, Bytes.wrap(broken));
    Keyset added = keyset.withNewKey();
    long newKey =
        added.keys().stream().filter(key -> !key.primary()).findFirst().orElseThrow().id();
    store.use(added.withPrimary(newKey));

    EncryptedStore.Progress progress = store.reencrypt(told -> {});
    assertThat(progress.unreadable()).isEqualTo(1);
    assertThat(progress.reencrypted()).isEqualTo(5);
    assertThat(store.neededKeyIds()).contains(keyset.primaryKeyId());
  }

  @Test
  void sealsLargeContentsOnTheExecutor() {
    AtomicBoolean used = new AtomicBoolean();
    Store store =
        EncryptedStore.open(
            memory,
            keyset,
            task -> {
              used.set(true);
              task.run();
            },
            new SecureRandom());
    join(store.profiles().put(new ProfileTable.Row("small", 1, bytes("x")), 0));
    assertThat(used).isFalse();
    Bytes large = bytes("x".repeat(100_000));
    join(store.profiles().put(new ProfileTable.Row("large", 1, large), 0));
    assertThat(used).isTrue();
    assertThat(join(store.profiles().get("large")).orElseThrow().content()).isEqualTo(large);
  }

  private EncryptedStore open(Keyset keys) {
    return EncryptedStore.open(memory, keys, Runnable::run, new SecureRandom());
  }

  /** Six contents in all tables that hold any. */
  private static void writeSome(Store store) {
    join(store.profiles().put(new ProfileTable.Row("u", 1, bytes("secret contact")), 0));
    NewItem item = new NewItem("x", "UTTERANCE", LATER, 6, bytes("secret words"));
    NewItem other = new NewItem("y", "UTTERANCE", LATER, 6, bytes("secret place"));
    NewEvent event =
        new NewEvent("e", "X", NOW, "", Optional.empty(), List.of(item, other), bytes("f"));
    join(store.context().append(new InteractionWrite("i", "d", "u", List.of(event))));
    join(
        store
            .context()
            .putDerived(
                new DerivedItem(new ItemKey("i", "~vector"), 1, LATER, bytes("secret vector"))));
    join(store.catalog().append(new CatalogLog.Entry(1, bytes("secret skill"))));
    join(store.catalog().putSnapshot(new CatalogLog.Entry(1, bytes("secret skills"))));
    join(store.catalog().append(new CatalogLog.Entry(2, bytes("secret skill"))));
  }

  /** How many of them can be read; whatever cannot must be UNREADABLE. */
  private static int readable(Store store) {
    int readable = 0;
    readable += isReadable(store.profiles().get("u")) ? 1 : 0;
    List<ItemKey> keys =
        List.of(new ItemKey("i", "x"), new ItemKey("i", "y"), new ItemKey("i", "~vector"));
    var items = join(store.context().items(keys));
    assertThat(items.found().size() + items.unreadable().size()).isEqualTo(3);
    readable += items.found().size();
    readable += isReadable(store.catalog().snapshot()) ? 1 : 0;
    readable += isReadable(store.catalog().read(1, 10)) ? 1 : 0;
    return readable;
  }

  private static boolean isReadable(CompletionStage<?> read) {
    try {
      join(read);
      return true;
    } catch (CompletionException e) {
      assertThat(((StoreException) requireNonNull(e.getCause())).kind()).isEqualTo(Kind.UNREADABLE);
      return false;
    }
  }

  private List<Sealed> sealed() {
    List<Sealed> all = new ArrayList<>();
    for (Table table : SealedRecords.TABLES) {
      all.addAll(join(memory.sealedRecords().scan(table, "", 100)).records());
    }
    return all;
  }

  private Sealed replaced(Sealed record, Bytes content) {
    assertThat(join(memory.sealedRecords().replace(record, content))).isTrue();
    return new Sealed(record.key(), record.version(), record.expireMillis(), content);
  }

  private Bytes fingerprint(String interactionId) {
    return join(memory.context().get(interactionId))
        .live()
        .orElseThrow()
        .events()
        .get(0)
        .fingerprint();
  }

  private static Keyset withoutChecked(Keyset keyset, long keyId) {
    try {
      return keyset.without(keyId);
    } catch (KeysetException e) {
      throw new AssertionError(e);
    }
  }

  private static Kind kind(Runnable action) {
    return catchThrowableOfType(StoreException.class, action::run).kind();
  }

  private static Bytes bytes(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
