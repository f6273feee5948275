package dev.earshot.store;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.store.Interaction.ItemRef;
import dev.earshot.store.Interaction.RecordedEvent;
import dev.earshot.store.InteractionRead.Gone;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.Store.DeletedUser;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.store.crypto.KeysetException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does, whatever it keeps things in. */
public abstract class StoreContract {
  private static final Duration TTL = Duration.ofMinutes(15);
  private static final Duration MAX_AGE = Duration.ofHours(1);
  private static final Duration TICK = Duration.ofMillis(1);
  private static final String SEALED_ANEW = " sealed anew";

  /** What the store under test reads as the time. */
  protected Instant now = Instant.parse("2026-01-01T12:00:00.123Z");

  protected Store store;

  /** An empty store. It is closed after the test. */
  protected abstract Store open(InstantSource clock, Retention retention) throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = open(() -> now, new Retention(TTL, MAX_AGE));
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  // --- Profiles ---

  @Test
  void writesAProfileOnlyOverTheVersionThatItReplaces() {
    ProfileTable profiles = store.profiles();

    assertThat(join(profiles.get("u"))).isEmpty();
    assertThat(join(profiles.put(profile("u", 1, "a"), 0))).isTrue();
    assertThat(join(profiles.put(profile("u", 1, "b"), 0))).isFalse();
    assertThat(join(profiles.put(profile("u", 3, "b"), 2))).isFalse();
    assertThat(join(profiles.get("u"))).contains(profile("u", 1, "a"));
    assertThat(join(profiles.put(profile("u", 2, "c"), 1))).isTrue();
    assertThat(join(profiles.get("u"))).contains(profile("u", 2, "c"));
  }

  @Test
  void onlyOneOfManyWritersReplacesAVersion() throws Exception {
    List<Boolean> written =
        atOnce(16, i -> join(store.profiles().put(profile("u", 1, "writer" + i), 0)));

    assertThat(written).containsOnlyOnce(true);
  }

  @Test
  void deletesAProfile() {
    join(store.profiles().put(profile("u", 1, "a"), 0));

    assertThat(join(store.profiles().delete("u"))).isTrue();
    assertThat(join(store.profiles().delete("u"))).isFalse();
    assertThat(join(store.profiles().get("u"))).isEmpty();
    assertThat(join(store.profiles().put(profile("u", 1, "b"), 0))).isTrue();
  }

  @Test
  void listsEveryProfileOnceByPages() {
    List<String> users =
        IntStream.range(0, 25).mapToObj(i -> "user-" + i + (i % 2 == 0 ? "" : "-ü𝄞")).toList();
    users.forEach(user -> join(store.profiles().put(profile(user, 1, user), 0)));

    List<String> listed = new ArrayList<>();
    String after = "";
    ProfileTable.Page page;
    do {
      page = join(store.profiles().list(after, 10));
      page.rows().forEach(row -> listed.add(row.userId()));
      after = listed.get(listed.size() - 1);
    } while (page.more());
    assertThat(listed).containsExactlyInAnyOrderElementsOf(users);
  }

  @Test
  void keepsAProfileWhole() {
    Profile profile =
        new Profile(
            "u",
            List.of("b", "a"),
            List.of(
                new Profile.UserList(
                    "contacts",
                    List.of(
                        new Profile.Entry("Meg Bauer", List.of("M EH1 G", "B AW1 ER0")),
                        new Profile.Entry("Zoë 🎺", List.of())))),
            List.of(
                new Profile.Preference("team", "Warriors", List.of("nba"), -0.5, Instant.EPOCH)),
            1,
            Instant.parse("2026-01-01T00:00:00.123456789Z"));
    ProfileStore profiles = new StoredProfiles(store.profiles());

    assertThat(join(profiles.put(profile, 0))).isTrue();
    assertThat(join(profiles.get("u"))).contains(profile);
    assertThat(join(profiles.list("", 10))).containsExactly(profile);
  }

  // --- Interactions ---

  @Test
  void returnsAnInteractionAsJustWritten() {
    Interaction first = append("i", "d", "u", event("e1", "RECOGNIZE", item("x1", "play jazz")));
    assertThat(first.version()).isEqualTo(1);
    assertThat(first.createTime()).isEqualTo(now);
    assertThat(first.expireTime()).isEqualTo(now.plus(TTL));
    assertThat(first.expectsSpeech()).isFalse();

    now = now.plusSeconds(1);
    Interaction second =
        append("i", "", "u", event("e2", "SPEAK"), event("e3", Interaction.EXPECT_SPEECH));
    assertThat(second.version()).isEqualTo(2);
    assertThat(second.dialogueId()).isEqualTo("d");
    assertThat(second.expireTime()).isEqualTo(now.plus(TTL));
    assertThat(second.expectsSpeech()).isTrue();
    assertThat(eventIds(second)).containsExactly("e1", "e2", "e3");
    assertThat(second.events().get(0).items())
        .containsExactly(new ItemRef("x1", "UTTERANCE", now.minusSeconds(1).plus(TTL)));
    assertThat(read("i")).isEqualTo(new InteractionRead.Live(second));
  }

  @Test
  void keepsEventsAsTheyWere() {
    Instant longAgo = Instant.parse("1999-12-31T23:59:59.999999999Z");
    NewEvent event =
        new NewEvent(
            "e",
            "SOMETHING_NEW",
            longAgo,
            "skill-🎺",
            Optional.of(Duration.ofMillis(1_500)),
            List.of(),
            Bytes.wrap(new byte[] {1, 2, 3}));
    append("i", "", "", event("late", "SPEAK"), event);

    RecordedEvent stored = live("i").events().get(1);
    assertThat(stored)
        .isEqualTo(
            new RecordedEvent(
                "e",
                "SOMETHING_NEW",
                longAgo,
                "skill-🎺",
                Optional.of(Duration.ofMillis(1_500)),
                List.of(),
                // An encrypting layer puts its own in place of it.
                stored.fingerprint()));
  }

  @Test
  void aRepeatedWriteChangesNothing() {
    Interaction first = append("i", "d", "u", event("e1", "RECOGNIZE", item("x1", "play jazz")));
    now = now.plusSeconds(1);
    NewEvent again =
        new NewEvent(
            "e1",
            "RECOGNIZE",
            now,
            "",
            Optional.empty(),
            List.of(item("x2", "play jazz")),
            fingerprint("e1"));

    assertThat(append("i", "d", "u", again)).isEqualTo(first);
    assertThat(join(store.context().items(List.of(new ItemKey("i", "x2")))).found()).isEmpty();
  }

  @Test
  void addsOnlyWhatIsNewOfAWriteThatIsPartlyKnown() {
    append("i", "d", "u", event("e1", "RECOGNIZE"));
    Interaction both = append("i", "d", "u", event("e1", "RECOGNIZE"), event("e2", "ROUTE"));

    assertThat(eventIds(both)).containsExactly("e1", "e2");
    assertThat(both.version()).isEqualTo(2);
  }

  @Test
  void refusesAKnownEventWithOtherContentAndTheWholeWriteWithIt() {
    append("i", "d", "u", event("e1", "RECOGNIZE"));
    NewEvent other =
        new NewEvent(
            "e1", "RECOGNIZE", now, "", Optional.empty(), List.of(), fingerprint("another"));

    assertThat(refusal(write("i", "d", "u", event("e2", "ROUTE"), other)))
        .isEqualTo(Kind.EVENT_DIFFERS);
    assertThat(eventIds(live("i"))).containsExactly("e1");
  }

  @Test
  void refusesAnotherUsersAndAnotherDialoguesWrites() {
    append("i", "d", "u", event("e1", "RECOGNIZE"));

    assertThat(refusal(write("i", "d", "v", event("e2", "ROUTE")))).isEqualTo(Kind.OTHER_USER);
    assertThat(refusal(write("i", "d", "", event("e2", "ROUTE")))).isEqualTo(Kind.OTHER_USER);
    assertThat(refusal(write("i", "c", "u", event("e2", "ROUTE")))).isEqualTo(Kind.OTHER_DIALOGUE);
    assertThat(live("i").version()).isEqualTo(1);
  }

  @Test
  void refusesWhatWouldPassALimit() {
    for (int batch = 0; batch < 4; batch++) {
      int from = batch * 64;
      append(
          "i",
          "",
          "",
          IntStream.range(from, from + 64)
              .mapToObj(i -> event("e" + i, "X"))
              .toArray(NewEvent[]::new));
    }
    assertThat(refusal(write("i", "", "", event("one too many", "X"))))
        .isEqualTo(Kind.INTERACTION_FULL);
    assertThat(live("i").events()).hasSize(Interaction.MAX_EVENTS);

    NewItem half = new NewItem("h", "REPLY", now.plus(TTL), 600_000, Bytes.EMPTY);
    append("texts", "", "", event("e1", "X", half));
    NewItem rest = new NewItem("r", "REPLY", now.plus(TTL), 600_000, Bytes.EMPTY);
    assertThat(refusal(write("texts", "", "", event("e2", "X", rest))))
        .isEqualTo(Kind.INTERACTION_FULL);
  }

  @Test
  void manyWritersOfOneInteractionLoseNothingAndEachSeesItsOwn() throws Exception {
    int writers = 64;
    int rounds = 3;
    List<Boolean> ownSeen =
        atOnce(
            writers,
            i -> {
              boolean seen = true;
              for (int round = 0; round < rounds; round++) {
                String id = "e" + i + "." + round;
                Interaction written = append("i", "d", "u", event(id, "X", item("x" + id, id)));
                seen &= eventIds(written).contains(id);
              }
              return seen;
            });

    assertThat(ownSeen).containsOnly(true);
    Interaction all = live("i");
    assertThat(all.version()).isEqualTo((long) writers * rounds);
    assertThat(eventIds(all)).hasSize(writers * rounds).doesNotHaveDuplicates();
    List<ItemKey> keys =
        all.events().stream()
            .flatMap(event -> event.items().stream())
            .map(ref -> new ItemKey("i", ref.itemId()))
            .toList();
    assertThat(join(store.context().items(keys)).found()).hasSize(writers * rounds);
    for (int i = 0; i < writers; i++) {
      String prefix = "e" + i + ".";
      assertThat(eventIds(all).stream().filter(id -> id.startsWith(prefix)))
          .as("each writer's own order")
          .isSorted();
    }
  }

  // --- Finding interactions ---

  @Test
  void findsLiveInteractionsOfADialogueAndOfAUserLatestFirst() {
    append("i1", "d", "u", event("e", "X"));
    now = now.plusSeconds(1);
    append("i2", "d", "u", event("e", "X"));
    now = now.plusSeconds(1);
    append("i3", "other", "u", event("e", "X"));
    append("i4", "d", "v", event("e", "X"));
    append("i5", "d", "", event("e", "X"));
    append("i1", "d", "u", event("later", "X"));

    assertThat(ids(join(store.context().ofDialogue("u", "d", 10)))).containsExactly("i2", "i1");
    assertThat(ids(join(store.context().ofDialogue("", "d", 10)))).containsExactly("i5");
    assertThat(ids(join(store.context().ofDialogue("u", "d", 1)))).containsExactly("i2");
    assertThat(ids(join(store.context().ofUser("u", 10)))).containsExactly("i3", "i2", "i1");
    assertThat(ids(join(store.context().ofUser("v", 10)))).containsExactly("i4");
    assertThat(join(store.context().ofUser("nobody", 10))).isEmpty();
    assertThat(join(store.context().ofDialogue("u", "d", 10)).get(1)).isEqualTo(live("i1"));
  }

  @Test
  void doesNotMixUpIdsThatBeginAlike() {
    append("i", "d", "u", event("e", "X", item("x", "one")));
    append("i2", "d2", "u2", event("e", "X", item("x", "two")));
    join(store.deleteUser("u"));

    assertThat(ids(join(store.context().ofUser("u2", 10)))).containsExactly("i2");
    assertThat(ids(join(store.context().ofDialogue("u2", "d2", 10)))).containsExactly("i2");
    assertThat(texts("i2", "x")).containsExactly("two");
  }

  // --- Items ---

  @Test
  void readsItemsInTheOrderAskedFor() {
    append("i", "", "", event("e", "X", item("x1", "one"), item("x2", "two")));
    append("j", "", "", event("e", "X", item("x1", "three")));
    List<ItemKey> keys =
        List.of(
            new ItemKey("j", "x1"),
            new ItemKey("i", "missing"),
            new ItemKey("i", "x2"),
            new ItemKey("i", "x1"));

    StoredItem.Batch batch = join(store.context().items(keys));
    assertThat(batch.found().stream().map(StoreContract::text))
        .containsExactly("three", "two", "one");
    assertThat(batch.unreadable()).isEmpty();
    assertThat(batch.found().get(0).expireTime()).isEqualTo(now.plus(TTL));
    assertThat(join(store.context().items(List.of())).found()).isEmpty();
  }

  @Test
  void keepsDerivedItemsByTheVersionTheyWereComputedFrom() {
    append("i", "", "", event("e1", "X"));
    append("i", "", "", event("e2", "X"));

    assertThat(join(store.context().putDerived(derived("i", 1, "old")))).isTrue();
    assertThat(join(store.context().putDerived(derived("i", 2, "new")))).isTrue();
    assertThat(join(store.context().putDerived(derived("i", 1, "late")))).isFalse();
    StoredItem item = join(store.context().items(List.of(VECTOR))).found().get(0);
    assertThat(text(item)).isEqualTo("new");
    assertThat(item.version()).isEqualTo(2);
    assertThat(join(store.context().putDerived(derived("unknown", 1, "x")))).isFalse();
  }

  // --- Expiry ---

  @Test
  void whatHasExpiredIsInvisibleAtOnce() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    join(store.context().putDerived(derived("i", 1, "vector")));
    now = now.plus(TTL).minus(TICK);
    assertThat(read("i").live()).isPresent();
    assertThat(texts("i", "x1")).containsExactly("one");

    now = now.plus(TICK);
    assertThat(read("i")).isEqualTo(Gone.EXPIRED);
    assertThat(texts("i", "x1")).isEmpty();
    assertThat(join(store.context().items(List.of(VECTOR))).found()).isEmpty();
    assertThat(join(store.context().ofDialogue("u", "d", 10))).isEmpty();
    assertThat(join(store.context().ofUser("u", 10))).isEmpty();
    assertThat(join(store.context().putDerived(derived("i", 1, "late")))).isFalse();
    assertThat(join(store.context().delete("u", "i"))).isFalse();
  }

  @Test
  void aWriteProlongsAnInteractionButNotItsItems() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    now = now.plus(TTL).minus(TICK);
    append("i", "d", "u", event("e2", "X", item("x2", "two")));
    now = now.plus(TICK);

    assertThat(live("i").events().get(0).items()).isEmpty();
    assertThat(live("i").events().get(1).items()).hasSize(1);
    assertThat(texts("i", "x1")).isEmpty();
    assertThat(texts("i", "x2")).containsExactly("two");
    join(store.removeExpired());
    assertThat(texts("i", "x2")).containsExactly("two");
    assertThat(ids(join(store.context().ofUser("u", 10)))).containsExactly("i");
    assertThat(ids(join(store.context().ofDialogue("u", "d", 10)))).containsExactly("i");
  }

  @Test
  void noWriteProlongsAnInteractionBeyondItsMaximalAge() {
    Instant begun = now;
    append("i", "d", "u", event("e0", "X"));
    for (int i = 1; i <= 5; i++) {
      now = now.plus(Duration.ofMinutes(10));
      append("i", "d", "u", event("e" + i, "X"));
      join(store.removeExpired());
    }
    now = begun.plus(MAX_AGE).minus(TICK);
    assertThat(live("i").expireTime()).isEqualTo(begun.plus(MAX_AGE));
    assertThat(ids(join(store.context().ofUser("u", 10)))).containsExactly("i");
    now = now.plus(TICK);
    assertThat(read("i")).isEqualTo(Gone.EXPIRED);
  }

  @Test
  void noWriteRevivesWhatHasExpired() {
    append("i", "d", "u", event("e1", "X"));
    now = now.plus(TTL);

    assertThat(refusal(write("i", "d", "u", event("e2", "X")))).isEqualTo(Kind.INTERACTION_EXPIRED);
    join(store.removeExpired());
    assertThat(refusal(write("i", "d", "u", event("e2", "X")))).isEqualTo(Kind.INTERACTION_EXPIRED);
    assertThat(refusal(write("i", "d", "u", event("e1", "X")))).isEqualTo(Kind.INTERACTION_EXPIRED);
    assertThat(read("i")).isEqualTo(Gone.EXPIRED);
  }

  @Test
  void forgetsWhatExpiredLongAgo() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    now = now.plus(TTL);
    join(store.removeExpired());
    now = now.plus(MAX_AGE);
    join(store.removeExpired());

    assertThat(read("i")).isEqualTo(Gone.UNKNOWN);
    assertThat(join(store.isEmpty())).isTrue();
    assertThat(append("i", "d", "u", event("e1", "X")).version()).isEqualTo(1);
  }

  @Test
  void remembersWhatHasExpiredToTheLastInstantAndNoLonger() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    now = now.plus(TTL).plus(MAX_AGE).minus(TICK);
    join(store.removeExpired());
    assertThat(refusal(write("i", "d", "u", event("e1", "X")))).isEqualTo(Kind.INTERACTION_EXPIRED);
    assertThat(read("i")).isEqualTo(Gone.EXPIRED);

    now = now.plus(TICK);
    join(store.removeExpired());
    Interaction begun = append("i", "e", "v", event("e2", "X"));
    assertThat(begun.version()).isEqualTo(1);
    assertThat(begun.createTime()).isEqualTo(now);
    assertThat(eventIds(live("i"))).containsExactly("e2");
    assertThat(join(store.context().ofUser("u", 10))).isEmpty();
    assertThat(ids(join(store.context().ofDialogue("v", "e", 10)))).containsExactly("i");
  }

  @Test
  void keepsWhatIsDerivedToTheLastInstantOfTheInteraction() {
    append("i", "d", "u", event("e1", "X"));
    DerivedItem vector = derived("i", 1, "vector");
    now = now.plus(TTL).minus(TICK);
    assertThat(join(store.context().putDerived(vector))).isTrue();
    assertThat(texts("i", VECTOR.itemId())).containsExactly("vector");
    assertThat(join(store.context().delete("u", "i"))).isTrue();
  }

  // --- Sealing anew ---

  @Test
  void sealingAnewNeverTakesThePlaceOfANewerWrite() throws Exception {
    append("i", "d", "u", event("e1", "X"));
    assertThat(join(store.profiles().put(profile("u", 1, "1"), 0))).isTrue();
    assertThat(join(store.context().putDerived(derived("i", 1, "1")))).isTrue();
    AtomicInteger passes = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    List<Integer> done =
        atOnce(
            2,
            i -> {
              try {
                return i == 0
                    ? sealAnewUntil(over, passes)
                    : writeVersions(60, () -> over.get() || passes.get() >= 3);
              } finally {
                over.set(true);
              }
            });

    sealAllAnew();
    assertKept(Integer.toString(done.get(1)));
  }

  /** Writes versions 2 to {@code least}, and on until {@code enough}; returns the last. */
  private int writeVersions(int least, BooleanSupplier enough) {
    int version = 1;
    while (version < least || !enough.getAsBoolean()) {
      version++;
      String content = Integer.toString(version);
      assertThat(join(store.profiles().put(profile("u", version, content), version - 1))).isTrue();
      assertThat(join(store.context().putDerived(derived("i", version, content)))).isTrue();
      assertKept(content);
    }
    return version;
  }

  private void assertKept(String content) {
    ProfileTable.Row row = join(store.profiles().get("u")).orElseThrow();
    assertThat(row.version()).isEqualTo(Long.parseLong(content));
    assertThat(text(row.content())).isIn(content, content + SEALED_ANEW);
    assertThat(texts("i", VECTOR.itemId()).get(0)).isIn(content, content + SEALED_ANEW);
  }

  private int sealAnewUntil(AtomicBoolean over, AtomicInteger passes) {
    while (!over.get()) {
      sealAllAnew();
      passes.incrementAndGet();
    }
    return passes.get();
  }

  /** As a rotation of keys does; where nothing encrypts, with a mark in place of another key. */
  private void sealAllAnew() {
    if (store instanceof EncryptedStore encrypted) {
      Keyset keyset = encrypted.keyset().withNewKey();
      long added = keyset.keys().get(keyset.keys().size() - 1).id();
      try {
        encrypted.use(keyset.withPrimary(added));
      } catch (KeysetException e) {
        throw new AssertionError(e);
      }
      var unused = encrypted.reencrypt(progress -> {});
      return;
    }
    for (Table table : SealedRecords.TABLES) {
      String cursor = "";
      do {
        SealedRecords.Scan page = join(store.sealedRecords().scan(table, cursor, 10));
        for (SealedRecords.Sealed record : page.records()) {
          String content = text(record.content());
          String anew =
              content.endsWith(SEALED_ANEW)
                  ? content.substring(0, content.length() - SEALED_ANEW.length())
                  : content + SEALED_ANEW;
          var unused = join(store.sealedRecords().replace(record, bytes(anew)));
        }
        cursor = page.cursor();
      } while (!cursor.isEmpty());
    }
  }

  // --- Deletion ---

  @Test
  void deletesAnInteractionWithAllThatBelongsToIt() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    append("j", "d", "u", event("e1", "X", item("x1", "two")));
    join(store.context().putDerived(derived("i", 1, "vector")));

    assertThat(join(store.context().delete("u", "i"))).isTrue();
    assertThat(join(store.context().delete("u", "i"))).isFalse();
    assertThat(read("i")).isEqualTo(Gone.UNKNOWN);
    assertThat(texts("i", "x1")).isEmpty();
    assertThat(join(store.context().items(List.of(VECTOR))).found()).isEmpty();
    assertThat(join(store.context().putDerived(derived("i", 1, "late")))).isFalse();
    assertThat(ids(join(store.context().ofUser("u", 10)))).containsExactly("j");
    assertThat(ids(join(store.context().ofDialogue("u", "d", 10)))).containsExactly("j");
    assertThat(texts("j", "x1")).containsExactly("two");
  }

  @Test
  void doesNotDeleteAnotherUsersInteraction() {
    append("i", "d", "u", event("e1", "X"));

    assertThat(kind(store.context().delete("v", "i"))).isEqualTo(Kind.OTHER_USER);
    assertThat(read("i").live()).isPresent();
  }

  @Test
  void deletesAUserAndRefusesLateWritesToTheOpenInteractions() {
    join(store.profiles().put(profile("u", 1, "a"), 0));
    join(store.profiles().put(profile("v", 1, "b"), 0));
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    append("j", "", "u", event("e1", "X"));
    append("k", "d", "v", event("e1", "X"));
    join(store.context().putDerived(derived("i", 1, "vector")));

    assertThat(join(store.deleteUser("u"))).isEqualTo(new DeletedUser(true, 2));
    assertThat(join(store.deleteUser("u"))).isEqualTo(new DeletedUser(false, 0));
    assertThat(join(store.profiles().get("u"))).isEmpty();
    assertThat(read("i")).isEqualTo(Gone.USER_DELETED);
    assertThat(texts("i", "x1")).isEmpty();
    assertThat(join(store.context().items(List.of(VECTOR))).found()).isEmpty();
    assertThat(join(store.context().ofUser("u", 10))).isEmpty();
    assertThat(join(store.context().ofDialogue("u", "d", 10))).isEmpty();
    assertThat(refusal(write("i", "d", "u", event("e2", "X")))).isEqualTo(Kind.USER_DELETED);
    assertThat(refusal(write("j", "", "u", event("e1", "X")))).isEqualTo(Kind.USER_DELETED);
    assertThat(join(store.context().putDerived(derived("i", 1, "late")))).isFalse();
    assertThat(join(store.profiles().get("v"))).isPresent();
    assertThat(read("k").live()).isPresent();

    assertThat(append("new", "d", "u", event("e1", "X")).version()).isEqualTo(1);
    now = now.plus(MAX_AGE).minus(TICK);
    join(store.removeExpired());
    assertThat(refusal(write("i", "d", "u", event("e2", "X")))).isEqualTo(Kind.USER_DELETED);
  }

  @Test
  void countsOnlyLiveInteractionsOfADeletedUser() {
    append("i", "", "u", event("e1", "X"));
    now = now.plus(TTL);
    append("j", "", "u", event("e1", "X"));

    assertThat(join(store.deleteUser("u"))).isEqualTo(new DeletedUser(false, 1));
  }

  // --- The catalogue's log ---

  @Test
  void appendsToTheCatalogInTheOrderOfItsVersions() {
    CatalogLog log = store.catalog();
    assertThat(join(log.version())).isZero();
    assertThat(join(log.append(entry(2, "b")))).isFalse();
    assertThat(join(log.append(entry(1, "a")))).isTrue();
    assertThat(join(log.append(entry(1, "again")))).isFalse();
    assertThat(join(log.append(entry(2, "b")))).isTrue();
    assertThat(join(log.append(entry(3, "c")))).isTrue();

    assertThat(join(log.version())).isEqualTo(3);
    assertThat(join(log.read(1, 10))).containsExactly(entry(2, "b"), entry(3, "c"));
    assertThat(join(log.read(0, 1))).containsExactly(entry(1, "a"));
    assertThat(join(log.read(3, 10))).isEmpty();
  }

  @Test
  void onlyOneOfManyAppendsACatalogVersion() throws Exception {
    assertThat(atOnce(8, i -> join(store.catalog().append(entry(1, "by " + i)))))
        .containsOnlyOnce(true);
  }

  @Test
  void aSnapshotTakesThePlaceOfEarlierEntries() {
    CatalogLog log = store.catalog();
    for (int version = 1; version <= 3; version++) {
      join(log.append(entry(version, "v" + version)));
    }

    assertThat(join(log.snapshot())).isEmpty();
    assertThat(join(log.putSnapshot(entry(2, "all up to 2")))).isTrue();
    assertThat(join(log.putSnapshot(entry(1, "older")))).isFalse();
    assertThat(join(log.snapshot())).contains(entry(2, "all up to 2"));
    assertThat(join(log.read(2, 10))).containsExactly(entry(3, "v3"));
    assertThat(kind(log.read(1, 10))).isEqualTo(Kind.COMPACTED);
    assertThat(join(log.putSnapshot(entry(3, "all")))).isTrue();
    assertThat(join(log.version())).isEqualTo(3);
    assertThat(join(log.append(entry(4, "d")))).isTrue();
  }

  // --- Settings ---

  @Test
  void replacesASettingOnlyAsExpected() {
    Settings settings = store.settings();
    Bytes a = bytes("a");
    Bytes b = bytes("b");

    assertThat(join(settings.get("name"))).isEmpty();
    assertThat(join(settings.replace("name", Optional.of(a), b))).isFalse();
    assertThat(join(settings.replace("name", Optional.empty(), a))).isTrue();
    assertThat(join(settings.replace("name", Optional.empty(), b))).isFalse();
    assertThat(join(settings.replace("name", Optional.of(a), b))).isTrue();
    assertThat(join(settings.get("name"))).contains(b);
  }

  @Test
  void isEmptyUntilSomethingButASettingIsStored() {
    join(store.settings().replace("name", Optional.empty(), bytes("a")));
    assertThat(join(store.isEmpty())).isTrue();
    append("i", "", "", event("e1", "X"));
    assertThat(join(store.isEmpty())).isFalse();
  }

  // --- After closing ---

  @Test
  void failsAfterItWasClosed() {
    store.close();

    assertThat(kind(store.profiles().get("u"))).isEqualTo(Kind.CLOSED);
    assertThat(kind(store.context().get("i"))).isEqualTo(Kind.CLOSED);
    assertThat(kind(store.context().append(write("i", "", "", event("e", "X")))))
        .isEqualTo(Kind.CLOSED);
  }

  // --- What the tests are written in ---

  private static final ItemKey VECTOR = new ItemKey("i", DerivedItem.PREFIX + "vector");

  protected static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  protected static Kind kind(CompletionStage<?> stage) {
    CompletionException failure =
        catchThrowableOfType(CompletionException.class, () -> join(stage));
    assertThat(failure).as("failure").isNotNull();
    assertThat(failure.getCause()).isInstanceOf(StoreException.class);
    return ((StoreException) requireNonNull(failure.getCause())).kind();
  }

  protected static ProfileTable.Row profile(String userId, long version, String content) {
    return new ProfileTable.Row(userId, version, bytes(content));
  }

  protected static NewEvent event(String id, String type, NewItem... items) {
    return new NewEvent(
        id, type, Instant.EPOCH, "", Optional.empty(), List.of(items), fingerprint(id));
  }

  protected NewItem item(String id, String text) {
    return new NewItem(id, "UTTERANCE", now.plus(TTL), text.length(), bytes(text));
  }

  protected static InteractionWrite write(
      String interactionId, String dialogueId, String userId, NewEvent... events) {
    return new InteractionWrite(interactionId, dialogueId, userId, List.of(events));
  }

  protected Interaction append(
      String interactionId, String dialogueId, String userId, NewEvent... events) {
    return join(store.context().append(write(interactionId, dialogueId, userId, events)));
  }

  protected InteractionRead read(String interactionId) {
    return join(store.context().get(interactionId));
  }

  protected Interaction live(String interactionId) {
    return read(interactionId).live().orElseThrow();
  }

  protected List<String> texts(String interactionId, String itemId) {
    return join(store.context().items(List.of(new ItemKey(interactionId, itemId)))).found().stream()
        .map(StoreContract::text)
        .toList();
  }

  protected static Bytes bytes(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private Kind refusal(InteractionWrite write) {
    return kind(store.context().append(write));
  }

  private DerivedItem derived(String interactionId, long version, String content) {
    return new DerivedItem(
        new ItemKey(interactionId, VECTOR.itemId()), version, now.plus(TTL), bytes(content));
  }

  private static CatalogLog.Entry entry(long version, String content) {
    return new CatalogLog.Entry(version, bytes(content));
  }

  private static Bytes fingerprint(String content) {
    return EventFingerprint.of(content, Optional.empty(), "", Optional.empty(), List.of());
  }

  private static String text(StoredItem item) {
    return text(item.content());
  }

  private static String text(Bytes content) {
    return new String(content.array(), StandardCharsets.UTF_8);
  }

  private static List<String> ids(List<Interaction> interactions) {
    return interactions.stream().map(Interaction::interactionId).toList();
  }

  private static List<String> eventIds(Interaction interaction) {
    return interaction.events().stream().map(RecordedEvent::eventId).toList();
  }

  /** What a writer does. */
  protected interface Writer<T> {
    T write(int index) throws Exception;
  }

  /** The results of so many writers, each on a thread of its own. */
  protected static <T> List<T> atOnce(int count, Writer<T> writer) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<Callable<T>> tasks =
          IntStream.range(0, count).<Callable<T>>mapToObj(i -> () -> writer.write(i)).toList();
      List<T> results = new ArrayList<>();
      for (Future<T> result : threads.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }
}
